import CoreMetrics
import HTTPServer
import Operations
import Transport

/// Counts what became of connections before their first request. Every series is there from the start, so that an alarm sees the first one.
struct ConnectionCounts: Sendable {
  private let headers: [ProxyHeaderOutcome: any CounterHandler]
  private let handshakes: [TLSHandshakeOutcome: any CounterHandler]

  init(_ metrics: PrometheusMetrics) {
    headers = Dictionary(
      uniqueKeysWithValues: ProxyHeaderOutcome.allCases.map { outcome in
        (outcome, metrics.makeCounter(label: MetricName.proxyHeaders, dimensions: [("outcome", outcome.rawValue)]))
      })
    handshakes = Dictionary(
      uniqueKeysWithValues: TLSHandshakeOutcome.allCases.map { outcome in
        (outcome, metrics.makeCounter(label: MetricName.tlsHandshakes, dimensions: [("outcome", outcome.rawValue)]))
      })
  }

  @Sendable func note(_ event: ConnectionEvent) {
    switch event {
    case .proxyHeader(let outcome): headers[outcome]?.increment(by: 1)
    case .tlsHandshake(let outcome): handshakes[outcome]?.increment(by: 1)
    }
  }
}
