import CoreMetrics
import HTTPServer
import Operations
import Transport

/// Counts what becomes of connections. Every series is there from the start, so that an alarm sees the first one.
struct ConnectionCounts: Sendable {
  private let headers: [ProxyHeaderOutcome: any CounterHandler]
  private let handshakes: [TLSHandshakeOutcome: any CounterHandler]
  private let ends: [ConnectionEnd: any CounterHandler]
  private let pauses: [AcceptPause: any CounterHandler]

  init(_ metrics: PrometheusMetrics) {
    headers = Self.counters(metrics, MetricName.proxyHeaders, "outcome")
    handshakes = Self.counters(metrics, MetricName.tlsHandshakes, "outcome")
    ends = Self.counters(metrics, MetricName.connectionsClosed, "reason")
    pauses = Self.counters(metrics, MetricName.acceptPauses, "reason")
  }

  /// A counter for each case.
  private static func counters<Case: CaseIterable & Hashable & RawRepresentable<String>>(
    _ metrics: PrometheusMetrics, _ name: String, _ dimension: String
  ) -> [Case: any CounterHandler] {
    Dictionary(uniqueKeysWithValues: Case.allCases.map { ($0, metrics.makeCounter(label: name, dimensions: [(dimension, $0.rawValue)])) })
  }

  @Sendable func note(_ event: ConnectionEvent) {
    switch event {
    case .proxyHeader(let outcome): headers[outcome]?.increment(by: 1)
    case .tlsHandshake(let outcome): handshakes[outcome]?.increment(by: 1)
    case .ended(let reason): ends[reason]?.increment(by: 1)
    case .acceptPaused(let reason): pauses[reason]?.increment(by: 1)
    }
  }
}
