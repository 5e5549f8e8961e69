import CoreMetrics
import Synchronization

/// How values spread over fixed buckets. As a timer it takes nanoseconds and keeps seconds.
final class PrometheusHistogram: TimerHandler, RecorderHandler, MetricSeries {
  private struct State {
    /// A bucket's own values; the last is for those above every bound.
    var counts: [Int64]
    var sum = 0.0
  }

  private let bounds: [Double]
  private let state: Mutex<State>

  init(bounds: [Double]) {
    self.bounds = bounds
    state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
  func record(_ value: Int64) { record(Double(value)) }

  /// A value that is equal to a bound belongs to its bucket (`le`).
  func record(_ value: Double) {
    guard !value.isNaN else { return }
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock { state in
      state.counts[bucket] += 1
      state.sum += value
    }
  }

  func write(_ name: String, _ labels: String, to text: inout String) {
    let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
    var total: Int64 = 0
    for (bucket, count) in counts.enumerated() {
      total += count
      let bound = bucket < bounds.count ? MetricText.number(bounds[bucket]) : "+Inf"
      let inner = labels.isEmpty ? "" : labels.dropFirst().dropLast() + ","
      MetricText.line(name + "_bucket", "{\(inner)le=\"\(bound)\"}", "\(total)", to: &text)
    }
    MetricText.line(name + "_sum", labels, MetricText.number(sum), to: &text)
    MetricText.line(name + "_count", labels, "\(total)", to: &text)
  }
}
