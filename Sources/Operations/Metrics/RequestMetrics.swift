import CoreMetrics
package import HTTPServer
import HTTPTypes

/// Counts and times what the handlers answer. Wraps routes, so that neither server nor handlers know of metrics; what the server refuses by itself (404, 408 …) is
/// not seen here.
package struct RequestMetrics: Sendable {
  private let factory: PrometheusMetrics

  package init(_ factory: PrometheusMetrics) { self.factory = factory }

  package func measured(_ routes: [Route]) -> [Route] { routes.map(measured) }

  private func measured(_ route: Route) -> Route {
    let series = RouteSeries(route, factory)
    let handler = route.handler
    var route = route
    route.handler = { request in
      let start = ContinuousClock.now
      let response = await handler(request)
      series.note(response.status.code, start.duration(to: .now))
      return response
    }
    return route
  }
}

/// The series of one route, looked up once for each status.
private final class RouteSeries: Sendable {
  private let timer: any TimerHandler
  /// By status.
  private let counters: CounterTable<Int>

  init(_ route: Route, _ factory: PrometheusMetrics) {
    let dimensions = [("route", route.pattern), ("method", route.method.rawValue)]
    timer = factory.makeTimer(label: MetricName.httpRequestDuration, dimensions: dimensions)
    counters = CounterTable { status in
      factory.makeCounter(label: MetricName.httpRequests, dimensions: dimensions + [("status", String(status))])
    }
  }

  func note(_ status: Int, _ duration: Duration) {
    let parts = duration.components
    timer.recordNanoseconds(parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    counters.count(status)
  }
}
