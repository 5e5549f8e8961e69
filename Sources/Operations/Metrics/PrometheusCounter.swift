import CoreMetrics
import Synchronization

/// A count that only grows.
final class PrometheusCounter: CounterHandler, MetricSeries {
  private let count = Atomic<Int64>(0)

  func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }

  func reset() { count.store(0, ordering: .relaxed) }

  func write(_ name: String, _ labels: String, to text: inout String) {
    MetricText.line(name, labels, "\(count.load(ordering: .relaxed))", to: &text)
  }
}

/// A number that goes up and down; also a count in fractions.
final class PrometheusGauge: MeterHandler, RecorderHandler, FloatingPointCounterHandler, MetricSeries {
  private let value = Mutex(0.0)

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { self.value.withLock { $0 = value } }
  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func decrement(by amount: Double) { value.withLock { $0 -= amount } }
  func record(_ value: Int64) { set(value) }
  func record(_ value: Double) { set(value) }
  func reset() { set(0.0) }

  func write(_ name: String, _ labels: String, to text: inout String) {
    MetricText.line(name, labels, MetricText.number(value.withLock { $0 }), to: &text)
  }
}
