package import CoreMetrics
import Synchronization

/// Our back end of swift-metrics: keeps every metric in memory and writes them as Prometheus text, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats).
///
/// A metric has at most `labelSetsAtMost` label sets and there are at most `metricsAtMost` metrics. What is over that counts nowhere but in
/// `paylink_refused_label_sets_total`, so that a label made of callers' text cannot fill the memory. Timers are written in seconds.
package final class PrometheusMetrics: MetricsFactory {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// Seconds: from a request served from memory to the acquirer's whole call of 20 s (design §4.7).
  package static let usualBounds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20]

  private let labelSetsAtMost: Int
  private let metricsAtMost: Int
  private let bounds: [Double]
  private let families = Mutex<[String: MetricFamily]>([:])
  private let refused = Mutex<[String: Int64]>([:])

  /// - Parameters:
  ///   - labelSetsAtMost: 30 routes by 4 methods by some statuses stay below the usual 500.
  ///   - bounds: upper bounds of the histograms' buckets, rising.
  package init(labelSetsAtMost: Int = 500, metricsAtMost: Int = 200, bounds: [Double] = PrometheusMetrics.usualBounds) {
    self.labelSetsAtMost = labelSetsAtMost
    self.metricsAtMost = metricsAtMost
    self.bounds = bounds
  }

  package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(MetricText.name(label, ending: "_total"), .counter, dimensions) { PrometheusCounter() } ?? PrometheusCounter()
  }

  package func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
    series(MetricText.name(label, ending: "_total"), .counter, dimensions) { PrometheusGauge() } ?? PrometheusGauge()
  }

  package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(MetricText.name(label), .gauge, dimensions) { PrometheusGauge() } ?? PrometheusGauge()
  }

  package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    let name = MetricText.name(label)
    if !aggregate { return series(name, .gauge, dimensions) { PrometheusGauge() } ?? PrometheusGauge() }
    return histogram(name, dimensions)
  }

  package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(MetricText.name(label, ending: "_seconds"), dimensions)
  }

  // Prometheus expects a series to stay: a metric that its owner lets go of is shown on.
  package func destroyCounter(_ handler: any CounterHandler) {}
  package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  package func destroyMeter(_ handler: any MeterHandler) {}
  package func destroyRecorder(_ handler: any RecorderHandler) {}
  package func destroyTimer(_ handler: any TimerHandler) {}

  /// Everything, by name and label set.
  package func text() -> String {
    var text = ""
    let all = families.withLock { $0 }
    for (name, family) in all.sorted(by: { $0.key < $1.key }) {
      family.write(name, to: &text)
    }
    let refused = refused.withLock { $0 }
    guard !refused.isEmpty else { return text }
    MetricText.head(MetricName.refusedLabelSets, .counter, to: &text)
    for (name, count) in refused.sorted(by: { $0.key < $1.key }) {
      MetricText.line(MetricName.refusedLabelSets, MetricText.labels([("metric", name)]), "\(count)", to: &text)
    }
    return text
  }

  private func histogram(_ name: String, _ dimensions: [(String, String)]) -> PrometheusHistogram {
    series(name, .histogram, dimensions) { [bounds] in PrometheusHistogram(bounds: bounds) } ?? PrometheusHistogram(bounds: bounds)
  }

  /// The series of this name and label set, made where there is none. nil where there are too many, or where the name is in use for another kind: the caller
  /// then counts into a handler that nobody reads.
  private func series<Series: MetricSeries>(
    _ name: String, _ kind: MetricKind, _ dimensions: [(String, String)], _ make: () -> Series
  ) -> Series? {
    let labels = MetricText.labels(dimensions)
    let found = families.withLock { families -> Series? in
      guard var family = families[name] ?? (families.count < metricsAtMost ? MetricFamily(kind: kind) : nil), family.kind == kind else {
        return nil
      }
      if let known = family.series[labels] { return known as? Series }
      guard family.series.count < labelSetsAtMost else { return nil }
      let series = make()
      // Taken out while it is changed, so that the dictionary within is not copied.
      families[name] = nil
      family.series[labels] = series
      families[name] = family
      return series
    }
    if found == nil { refused.withLock { $0[families.withLock { $0[name] } == nil ? "" : name, default: 0] += 1 } }
    return found
  }
}
