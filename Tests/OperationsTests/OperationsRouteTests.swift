import CoreMetrics
import HTTPServer
import HTTPTypes
import Payments
import PaymentsTesting
import Synchronization
import Testing

@testable import Operations

struct OperationsRouteTests {
  /// Books of which only the health is asked.
  final class Patient: PartialStore {
    let isWell = Atomic(true)
    func health() async -> Bool { isWell.load(ordering: .relaxed) }
  }

  let store = Patient()
  let draining = Draining()
  let metrics = PrometheusMetrics(bounds: [1000])

  private func get(_ path: String) async throws -> (status: Int, type: String?, text: String) {
    let operations = Operations(store: store, draining: draining, metrics: metrics)
    let response = try await Router(operations.routes).respond(to: Request(.get, path))
    guard case .bytes(let bytes) = response.body else { return (response.status.code, nil, "") }
    return (response.status.code, response.fields[.contentType], String(decoding: bytes, as: UTF8.self))
  }

  @Test("It lives whatever the books say")
  func live() async throws {
    store.isWell.store(false, ordering: .relaxed)
    draining.begin()
    let answer = try await get("/livez")
    #expect(answer.status == 200)
    #expect(answer.text == "ok")
  }

  @Test("It is ready while the books take writes and nobody has told it to go, and says why not")
  func ready() async throws {
    #expect(try await get("/readyz").status == 200)
    #expect(try await get("/readyz").text == #"{"status":"ready","reasons":[]}"#)
    store.isWell.store(false, ordering: .relaxed)
    #expect(try await get("/readyz").status == 503)
    #expect(try await get("/readyz").text == #"{"status":"not_ready","reasons":["database"]}"#)
    draining.begin()
    #expect(try await get("/readyz").text == #"{"status":"not_ready","reasons":["draining","database"]}"#)
    store.isWell.store(true, ordering: .relaxed)
    #expect(try await get("/readyz").status == 503)
  }

  @Test("Metrics are text of version 0.0.4")
  func metricsText() async throws {
    metrics.makeCounter(label: MetricName.linksCreated, dimensions: [("merchant", "main"), ("outcome", "created")]).increment(by: 1)
    let answer = try await get("/metrics")
    #expect(answer.status == 200)
    #expect(answer.type == "text/plain; version=0.0.4; charset=utf-8")
    #expect(answer.text.contains("paylink_links_created_total{merchant=\"main\",outcome=\"created\"} 1\n"))
  }

  @Test("Measured routes are counted and timed by pattern, method and status, never by path")
  func measured() async throws {
    let route = Route(.get, "/v1/payment-links/{id}") { request in
      Response(status: request.parameters["id"] == "pl_1" ? .ok : .notFound)
    }
    let router = try Router(RequestMetrics(metrics).measured([route]))
    for id in ["pl_1", "pl_1", "pl_secret"] {
      _ = await router.respond(to: try Request(.get, "/v1/payment-links/\(id)"))
    }
    let lines = metrics.text().split(separator: "\n")
    let labels = #"method="GET",route="/v1/payment-links/{id}""#
    #expect(lines.contains("paylink_http_requests_total{\(labels),status=\"200\"} 2"))
    #expect(lines.contains("paylink_http_requests_total{\(labels),status=\"404\"} 1"))
    #expect(lines.contains("paylink_http_request_duration_seconds_count{\(labels)} 3"))
    #expect(lines.contains("paylink_http_request_duration_seconds_bucket{\(labels),le=\"1000\"} 3"))
    #expect(!metrics.text().contains("secret"))
  }
}
