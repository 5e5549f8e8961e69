import Foundation
import HTTPTypes
import Testing

/// Every operation of the OpenAPI document is driven against the running server, and every answer fits what the document says of it.
@Suite struct EndToEndOpenAPITests {
  /// Sends what the document describes, and keeps what did not fit.
  final class Driver: @unchecked Sendable {
    let stand: Stand
    let contract: APIContract
    private(set) var driven: Set<String> = []
    private(set) var faults: [String] = []

    init(_ stand: Stand) async throws {
      self.stand = stand
      contract = try APIContract(yaml: try await Wire.send(.get, stand.url + "/openapi.yaml").text)
    }

    /// - Parameter path: the path of the document; `values` fill its parameters in.
    @discardableResult
    func call(
      _ method: HTTPRequest.Method, _ path: String, _ values: [String: String] = [:], query: String = "", body: [String: Any]? = nil,
      key: String? = Stand.key, idempotency: String? = nil, fields: [String: String] = [:], status: Int? = nil
    ) async throws -> JSON {
      let actual = values.reduce(path) { $0.replacingOccurrences(of: "{\($1.key)}", with: $1.value) } + (query.isEmpty ? "" : "?\(query)")
      let answer = try await stand.call(method, actual, body, key: key, idempotency: idempotency, fields: fields)
      if let status, answer.status != status { faults.append("\(method) \(actual): \(answer)") }
      guard let operation = contract.operations.first(where: { $0.path == path && $0.method == method.rawValue.lowercased() }) else {
        faults.append("\(method) \(path) is not described")
        return answer.json
      }
      driven.insert(operation.id)
      faults += contract.faults(of: answer, to: operation)
      return answer.json
    }
  }

  @Test("Every operation does what the document says, when it goes well and when it does not")
  func everything() async throws {
    let stand = try Stand(api: "merchant")
    try await stand.start()
    let driver = try await Driver(stand)
    try await links(driver)
    try await money(driver)
    try await eventsAndOrphans(driver)
    try await publicAddresses(driver)
    #expect(driver.faults == [])
    #expect(Set(driver.contract.operations.map(\.id)).subtracting(driver.driven) == [])
  }

  private let links = "/v1/payment-links"
  private let one = "/v1/payment-links/{id}"

  private func links(_ driver: Driver) async throws {
    let order: [String: Any] = [
      "order_id": "O1", "amount": 15_000_000, "description": "Order O1", "qr": true, "metadata": ["cart": "7"], "expires_in": 3600,
    ]
    let created = try await driver.call(.post, links, body: order, idempotency: "o1", status: 201)
    try await driver.call(.post, links, body: order, idempotency: "o1", status: 200)
    try await driver.call(.post, links, body: order.merging(["amount": 1]) { $1 }, idempotency: "o1", status: 422)
    try await driver.call(.post, links, body: order, idempotency: "o2", status: 409)
    try await driver.call(.post, links, body: order, status: 400)
    try await driver.call(.post, links, body: ["order_id": "x y", "color": 1], idempotency: "o3", status: 422)
    try await driver.call(.post, links, body: order, key: nil, idempotency: "o4", status: 401)
    try await driver.call(.post, links, body: order, key: Stand.readOnlyKey, idempotency: "o5", status: 403)
    let id = ["id": created["id"].string ?? "?"]
    try await driver.call(.get, links, query: "order_id=O1&limit=1", status: 200)
    try await driver.call(.get, links, query: "limit=0", status: 422)
    try await driver.call(.get, one, id, status: 200)
    let token = "client_token=\(created["client_token"].string ?? "?")"
    try await driver.call(.get, one, id, query: "\(token)&wait=10ms&since=1", key: nil, status: 200)
    try await driver.call(.get, one, id, query: "wait=1h", status: 422)
    try await driver.call(.get, one, ["id": "pl_none"], status: 404)
    for picture in ["qr.svg", "qr.png"] {
      try await driver.call(.get, "\(one)/\(picture)", id, query: token, key: nil, status: 200)
      try await driver.call(.get, "\(one)/\(picture)", id, key: nil, status: 401)
    }
    try await driver.call(.post, "\(one)/cancel", id, idempotency: "c1", status: 200)
    try await driver.call(.post, "\(one)/cancel", id, idempotency: "c1", status: 200)
    // Canceled already: that is what was asked for.
    try await driver.call(.post, "\(one)/cancel", id, idempotency: "c2", status: 200)
  }

  private func money(_ driver: Driver) async throws {
    let paid = try await driver.stand.createOpen(order: "O2")
    let id = ["id": paid["id"].string ?? "?"]
    _ = try await driver.stand.pay(order: "O2", amount: "50000.00")
    try await driver.call(.get, one, id, status: 200)
    try await driver.call(.post, "\(one)/refunds", id, body: ["amount": 1_000_000, "reason": "One was broken"], idempotency: "r1")
    try await driver.call(.post, "\(one)/refunds", id, body: ["amount": 1_000_000, "reason": "One was broken"], idempotency: "r1")
    try await driver.call(.post, "\(one)/refunds", id, body: ["amount": 90_000_000], idempotency: "r2", status: 422)
    try await driver.call(.post, "\(one)/refunds", id, body: ["amount": 1], status: 400)
    try await driver.call(.get, "\(one)/refunds", id, status: 200)
    try await driver.call(.post, "\(one)/accept", id, status: 409)
    try await driver.call(.post, "\(one)/sync", id, status: 200)
    try await driver.call(.post, "\(one)/capture", id, idempotency: "h0", status: 409)
    let held = try await driver.stand.createFixed(order: "O3", more: ["capture": "manual"])
    _ = try await driver.stand.pay(order: "O3", amount: "150000.00")
    try await driver.call(.post, "\(one)/capture", ["id": held["id"].string ?? "?"], body: ["amount": 10_000_000], idempotency: "h1")
    let declined = try await driver.stand.createFixed(order: "O4")
    _ = try? await driver.stand.pay(order: "O4", amount: "150000.00", card: "4400444400004441")
    try await driver.call(.get, one, ["id": declined["id"].string ?? "?"], status: 200)
  }

  private func eventsAndOrphans(_ driver: Driver) async throws {
    let list = try await driver.call(.get, links, status: 200)
    for link in list["data"].list {
      try await driver.call(.get, "\(one)/events", ["id": link["id"].string ?? "?"], status: 200)
    }
    let link = try await driver.stand.createFixed(order: "O5")
    let id = ["id": link["id"].string ?? "?"]
    try await driver.call(.get, "\(one)/events", id, query: "client_token=\(link["client_token"].string ?? "?")", key: nil, status: 200)
    try await driver.call(.get, "\(one)/events", id, fields: ["Accept": "text/event-stream", "Last-Event-ID": "x"], status: 400)
    let page = try await driver.call(.get, "/v1/events", query: "limit=2", status: 200)
    try await driver.call(.get, "/v1/events", query: "limit=100&cursor=\(page["next_cursor"].string ?? "?")", status: 200)
    try await driver.call(.get, "/v1/events", key: Stand.readOnlyKey, status: 403)
    let event = ["id": page["data"][0]["id"].string ?? "?"]
    try await driver.call(.post, "/v1/events/{id}/replay", event, key: Stand.operatorKey, status: 202)
    try await driver.call(.post, "/v1/events/{id}/replay", event, key: Stand.readOnlyKey, status: 403)
    try await driver.call(.get, "/v1/deliveries", query: "status=dead&limit=1", status: 200)
    try await driver.call(.get, "/v1/deliveries", query: "status=lost", status: 422)
    try await driver.call(.get, "/v1/endpoints", status: 200)
    try await driver.call(.post, "/v1/endpoints/{name}/enable", ["name": "crm"], key: Stand.operatorKey, status: 404)

    _ = try await Callback.result(order: "NOBODYS", payment: 987_654_321, amount: "100.00").send(to: driver.stand)
    let orphans = try await driver.call(.get, "/v1/orphans", key: Stand.operatorKey, status: 200)
    if orphans["data"].list.isEmpty { Issue.record("no orphan: \(orphans)") }
    try await driver.call(.get, "/v1/orphans", key: Stand.readOnlyKey, status: 403)
    try await driver.call(.post, "/v1/orphans/{payment_id}/adopt", ["payment_id": "987654321"], key: Stand.operatorKey, status: 409)
    try await driver.call(.post, "/v1/orphans/{payment_id}/adopt", ["payment_id": "1"], key: Stand.operatorKey, status: 404)
  }

  private func publicAddresses(_ driver: Driver) async throws {
    try await driver.call(.get, "/openapi.yaml", key: nil, status: 200)
    let link = try await driver.stand.createFixed(order: "O6", more: ["success_url": "https://shop.example/thanks"])
    let token = ["token": String((link["short_url"].string ?? "").suffix(26))]
    try await driver.call(.get, "/p/{token}", token, key: nil, status: 302)
    try await driver.call(.post, "/p/{token}", token, key: nil, status: 303)
    try await driver.call(.get, "/p/{token}", ["token": "x"], key: nil, status: 404)
    let redirect = try await driver.stand.pay(order: "O6", amount: "150000.00")["redirect"].string ?? ""
    let back = ["token": String(redirect.split(separator: "/").dropLast().last ?? "?")]
    for side in ["success", "failure"] {
      for method in [HTTPRequest.Method.get, .post] {
        try await driver.call(method, "/return/{token}/\(side)", back, key: nil, status: side == "success" ? 303 : 200)
        try await driver.call(method, "/return/{token}/\(side)", ["token": "x"], key: nil, status: 404)
      }
    }
    try await driver.call(.get, "/p/{token}", token, key: nil, status: 200)
    for kind in ["check", "result"] {
      for method in [HTTPRequest.Method.get, .post] {
        try await driver.call(method, "/callbacks/{merchant}/\(kind)", ["merchant": "main"], key: nil, status: 400)
        try await driver.call(method, "/callbacks/{merchant}/\(kind)", ["merchant": "other"], key: nil, status: 404)
      }
    }
  }

  @Test("The document's own examples fit its schemas")
  func examples() async throws {
    let stand = try Stand()
    let text = try await Program.run(["openapi"], in: stand.folder).output
    let contract = try APIContract(yaml: text)
    var count = 0
    for operation in contract.operations {
      let bodies =
        [operation.value["requestBody"] as? [String: Any]].compactMap { $0 }
        + (operation.value["responses"] as? [String: Any] ?? [:]).values.compactMap(contract.resolved)
      for body in bodies {
        for (_, media) in body["content"] as? [String: [String: Any]] ?? [:] {
          guard let schema = media["schema"] else { continue }
          let named = (media["examples"] as? [String: [String: Any]] ?? [:]).values.compactMap { $0["value"] }
          for example in named + [media["example"]].compactMap({ $0 }) {
            #expect(contract.faults(of: example, to: schema, at: operation.id) == [])
            count += 1
          }
        }
      }
    }
    #expect(count > 10)
    // A comma in a text without quotes would make members of nothing.
    #expect(Self.empty(contract.document["components"] as Any, "components") == [])
  }

  private static func empty(_ value: Any, _ place: String) -> [String] {
    switch value {
    case let object as [String: Any]:
      object.flatMap { name, value in
        value is NSNull ? ["\(place)/\(name)"] : name == "example" ? [] : empty(value, "\(place)/\(name)")
      }
    case let list as [Any]: list.enumerated().flatMap { empty($1, "\(place)/\($0)") }
    default: []
    }
  }

  @Test("What does not fit a schema is seen")
  func wouldTell() async throws {
    let contract = try APIContract(
      yaml: """
        a: {type: object, additionalProperties: false, required: [x], properties: {x: {type: integer, minimum: 1}, y: {oneOf: [{type: string}, {type: "null"}]}}}
        """)
    let schema = contract.document["a"] as Any
    func count(_ value: [String: Any]) -> Int { contract.faults(of: value, to: schema, at: "a").count }
    #expect(count(["x": 1]) == 0)
    #expect(count(["x": 1, "y": "z"]) == 0)
    #expect(count([:]) == 1)
    #expect(count(["x": 0]) == 1)
    #expect(count(["x": "1"]) == 1)
    #expect(count(["x": 1, "y": 2]) == 1)
    #expect(count(["x": 1, "z": 2]) == 1)
  }
}
