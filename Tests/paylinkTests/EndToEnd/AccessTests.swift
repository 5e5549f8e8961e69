import Crypto
import Facade
import Foundation
import HTTPClient
import HTTPTypes
import Testing
import Transport

/// Who may call, and the same call many times, over real sockets against the real program.
@Suite struct EndToEndAccessTests {
  static let orderSecret = "an-order-secret-of-at-least-32-bytes"
  static let publishableKey = "pk_test_end_to_end_0123456789abcdef"
  static let origin = "https://shop.example"

  /// A stand with a publishable key and a listed origin.
  static func stand(settings: [String] = []) throws -> Stand {
    let secret = FileManager.default.temporaryDirectory.appendingPathComponent("order-secret-\(UUID().uuidString)")
    try orderSecret.write(to: secret, atomically: true, encoding: .utf8)
    return try Stand(
      keys: [
        "- name: page", "  kind: publishable", "  sha256: \(SHA.hex(publishableKey))", "  merchants: [main]", "  order_alg: HS256",
        "  order_secret_file: \(secret.path)",
      ], settings: ["cors: {origins: ['\(origin)']}"] + settings)
  }

  /// A token as the shop's back end makes it.
  static func token(_ stand: Stand, jti: String, _ claims: [String: Any]) throws -> String {
    let all: [String: Any] = claims.merging(["aud": stand.url, "exp": Int(Date().timeIntervalSince1970) + 900, "jti": jti]) { $1 }
    let parts = [["alg": "HS256"], all].map { part in
      (try? JSONSerialization.data(withJSONObject: part, options: [.sortedKeys])).map(base64URL) ?? ""
    }
    let signed = parts.joined(separator: ".")
    let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: Data(orderSecret.utf8)))
    return signed + "." + base64URL(Data(code))
  }

  private static func base64URL(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  @Test("A page creates a link from a signed order, reads it with its client token, and sees it paid")
  func page() async throws {
    let stand = try Self.stand()
    try await stand.start()
    let preflight = try await stand.call(
      .options, "/v1/payment-links", key: nil, fields: ["Origin": Self.origin, "Access-Control-Request-Method": "POST"])
    #expect(preflight.status == 204 && preflight.fields[.accessControlAllowOrigin] == Self.origin)
    let token = try Self.token(stand, jti: "S1", ["order_id": "S1", "amount": 15_000_000, "description": "Order S1"])
    func order() async throws -> Wire.Answer {
      try await stand.call(
        .post, "/v1/payment-links", ["signed_order": token, "language": "uz"], key: Self.publishableKey, fields: ["Origin": Self.origin])
    }
    let made = try await order()
    #expect(made.status == 201 && made.fields[.accessControlAllowOrigin] == Self.origin)
    let again = try await order()
    #expect(again.status == 200 && again.json["id"].string == made.json["id"].string)
    let id = made.json["id"].string ?? "?"
    let client = made.json["client_token"].string
    _ = try await stand.pay(order: "S1", amount: "150000.00")
    let read = try await stand.call(.get, "/v1/payment-links/\(id)", key: client, fields: ["Origin": Self.origin])
    #expect(read.json["status"].string == "completed" && read.fields[.accessControlAllowOrigin] == Self.origin)
    #expect(try await stand.acquirersPayments(order: "S1").count == 1)
    try contract([("createPaymentLink", made), ("createPaymentLink", again), ("readPaymentLink", read)])
    // Neither key, secret nor token is anywhere in the log; the key's use is in the metrics.
    for word in [Self.publishableKey, Self.orderSecret, token, client ?? "?"] { #expect(stand.gateway?.log.contains(word) == false) }
    let metrics = try await Wire.send(.get, "\(stand.operations)/metrics").text
    #expect(metrics.contains("paylink_api_key_last_used_timestamp_seconds{key=\"page\"}"))
  }

  /// Holds answers against the document that describes them.
  private func contract(_ answers: [(operation: String, answer: Wire.Answer)]) throws {
    let contract = try APIContract(yaml: OpenAPIDocument.text)
    for (id, answer) in answers {
      let operation = try #require(contract.operations.first { $0.id == id })
      #expect(contract.faults(of: answer, to: operation) == [])
    }
  }

  @Test("A thousand posts at once with one key make one link and one call to the acquirer, and the key outlives a kill")
  func thousand() async throws {
    let stand = try Stand()
    try await stand.start()
    let loops = try EventLoopGroup(count: 1)
    let client = HTTPClient(
      configuration: .init(inFlight: 1000, waiting: 1000, connectionsPerHost: 1000, connections: 1000), loops: loops)
    let body = Array(#"{"order_id":"M1","amount":15000000,"description":"Order M1"}"#.utf8)
    let fields: HTTPFields = [
      .authorization: "Bearer \(Stand.key)", .contentType: "application/json", HTTPField.Name("Idempotency-Key")!: "one-key",
    ]
    let url = "\(stand.url)/v1/payment-links"
    let answers = try await withThrowingTaskGroup(of: (status: Int, id: String?).self) { group in
      for _ in 0..<1000 {
        group.addTask {
          let answer = try await client.send(HTTPClientRequest(method: .post, url: url, fields: fields, body: body, timeout: .seconds(60)))
          return (answer.status, JSON(bytes: answer.body)["id"].string)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    await client.shutdown()
    // One made it; the others saw it made, or were told that it is under way.
    let counts = Dictionary(grouping: answers, by: \.status).mapValues(\.count)
    #expect(answers.count == 1000 && counts[201] == 1 && Set(counts.keys).isSubset(of: [200, 201, 409]), "\(counts)")
    #expect(Set(answers.compactMap(\.id)).count == 1)
    #expect(try await stand.acquirersPayments(order: "M1").count == 1)
    let calls = try await Wire.send(.get, "\(stand.acquirer)/control/requests").json["requests"].list
    #expect(calls.filter { $0["fields"]["pg_order_id"].string == "M1" }.count == 1)

    stand.killGateway()
    try await stand.startGateway()
    let replay = try await stand.call(
      .post, "/v1/payment-links", ["order_id": "M1", "amount": 15_000_000, "description": "Order M1"], idempotency: "one-key")
    #expect(replay.status == 200 && replay.fields[HTTPField.Name("Idempotency-Replayed")!] == "true")
    #expect(replay.json["id"].string == answers.compactMap(\.id).first)
    let other = try await stand.call(
      .post, "/v1/payment-links", ["order_id": "M1", "amount": 100, "description": "Order M1"], idempotency: "one-key")
    #expect(other.status == 422 && other.json["code"].string == "idempotency_key_reused")
    #expect(try await stand.acquirersPayments(order: "M1").count == 1)
  }

  @Test("A rate holds callers back, and never the acquirer's callbacks; a proxy's word gives each client its own")
  func rates() async throws {
    let stand = try Self.stand(settings: ["rate: {per_key: 1000/s, per_address: 3/h}", "trusted_proxies: [127.0.0.1]"])
    try await stand.start()
    _ = try await stand.createFixed(order: "R1")
    for expected in [401, 401, 401, 429] { #expect(try await stand.call(.get, "/v1/payment-links", key: nil).status == expected) }
    let refused = try await stand.call(.get, "/p/none", key: nil)
    #expect(refused.status == 429 && refused.json["code"].string == "rate_limited" && refused.fields[.retryAfter] != nil)
    #expect(try await stand.call(.get, "/return/none/success", key: nil).status == 429)
    let list = try await stand.call(.get, "/v1/payment-links", key: nil)
    #expect(list.status == 429)
    try contract([("listPaymentLinks", list)])
    let elsewhere = try await stand.call(.get, "/v1/payment-links", key: nil, fields: ["X-Forwarded-For": "1.1.1.1, 198.51.100.7"])
    #expect(elsewhere.status == 401 && elsewhere.fields[HTTPField.Name("RateLimit")!]?.contains("\"address\";r=2") == true)
    let callback = Callback.result(order: "R1", payment: 1, amount: "1")
    for _ in 0..<5 { #expect(try await callback.send(to: stand, signature: "0").status == 400) }
    let paid = try await stand.pay(order: "R1", amount: "150000.00")
    #expect(paid["status"].string == "success")
  }

  @Test("A caller's trace and request id are in the log lines of the request, and come back in the answer")
  func trace() async throws {
    let stand = try Stand()
    try await stand.start()
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    let made = try await stand.call(
      .post, "/v1/payment-links", ["order_id": "T1", "amount": 15_000_000, "description": "x"], idempotency: "t1",
      fields: ["Traceparent": "00-\(trace)-00f067aa0ba902b7-01", "X-Request-Id": "shop-7"])
    #expect(made.status == 201 && made.fields[HTTPField.Name("X-Request-Id")!] == "shop-7")
    for message in ["page opened", "request"] {
      // The access line is written once the answer is out.
      let isThere = await Poll.until(.seconds(5)) {
        (stand.gateway?.log ?? "").split(separator: "\n").contains { line in
          line.contains(trace) && line.contains("\"message\":\"\(message)\"") && line.contains("\"request\":\"shop-7\"")
        }
      }
      #expect(isThere, "\(message)")
    }
  }
}
