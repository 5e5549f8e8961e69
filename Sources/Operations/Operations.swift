package import HTTPServer
import HTTPTypes
package import Payments

/// What the operator and the machines around us ask, on their own listener: `/livez`, `/readyz`, `/metrics`.
package struct Operations: Routable {
  let store: any Store
  let draining: Draining
  let metrics: PrometheusMetrics
  private let compressor = Compressor()

  package init(store: any Store, draining: Draining, metrics: PrometheusMetrics) {
    self.store = store
    self.draining = draining
    self.metrics = metrics
  }

  package var routes: [Route] {
    [
      Route(.get, "/livez") { _ in Self.answer(.ok, "text/plain; charset=utf-8", "ok") },
      Route(.get, "/readyz") { _ in await ready() },
      compressor.compressed(Route(.get, "/metrics") { _ in Self.answer(.ok, PrometheusMetrics.contentType, metrics.text()) }),
    ]
  }

  /// `{"status": "ready" | "not_ready", "reasons": [...]}` with 200 or 503; reasons are `draining` and `database`.
  private func ready() async -> Response {
    var reasons: [String] = []
    if draining.hasBegun { reasons.append("draining") }
    if await !store.health() { reasons.append("database") }
    let list = reasons.map { "\"\($0)\"" }.joined(separator: ",")
    let word = reasons.isEmpty ? "ready" : "not_ready"
    return Self.answer(
      reasons.isEmpty ? .ok : .serviceUnavailable, "application/json", "{\"status\":\"\(word)\",\"reasons\":[\(list)]}")
  }

  private static func answer(_ status: HTTPResponse.Status, _ type: String, _ text: String) -> Response {
    Response(status: status, contentType: type, text: text, fields: [.cacheControl: "no-store"])
  }
}
