import CoreMetrics
import HTTPServer
import Operations

/// Counts what became of connections before their first request. Every series is there from the start, so that an alarm sees the first one.
struct ConnectionCounts: Sendable {
  private let headers: [ProxyHeaderOutcome: any CounterHandler]

  init(_ metrics: PrometheusMetrics) {
    headers = Dictionary(
      uniqueKeysWithValues: ProxyHeaderOutcome.allCases.map { outcome in
        (outcome, metrics.makeCounter(label: MetricName.proxyHeaders, dimensions: [("outcome", outcome.rawValue)]))
      })
  }

  @Sendable func note(_ event: ConnectionEvent) {
    switch event {
    case .proxyHeader(let outcome): headers[outcome]?.increment(by: 1)
    }
  }
}
