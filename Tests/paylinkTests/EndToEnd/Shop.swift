import Foundation
import HTTPTypes

/// What a shop's back end does over the API, and a payer and an onlooker at the sandbox.
extension Stand {
  func call(
    _ method: HTTPRequest.Method, _ path: String, _ body: [String: Any]? = nil, key: String? = Stand.key, idempotency: String? = nil,
    fields: [String: String] = [:], timeout: Duration = .seconds(30)
  ) async throws -> Wire.Answer {
    var fields = fields
    if let key { fields["Authorization"] = "Bearer \(key)" }
    if let idempotency { fields["Idempotency-Key"] = idempotency }
    var text = ""
    if let body {
      fields["Content-Type"] = "application/json"
      text = String(decoding: try JSONSerialization.data(withJSONObject: body, options: [.sortedKeys]), as: UTF8.self)
    }
    return try await Wire.send(method, url + path, fields: fields, body: text, timeout: timeout)
  }

  func create(_ body: [String: Any], idempotency: String = UUID().uuidString) async throws -> Wire.Answer {
    try await call(.post, "/v1/payment-links", body, idempotency: idempotency)
  }

  /// A link with a price of 150,000.00.
  func createFixed(order: String, more: [String: Any] = [:]) async throws -> JSON {
    let body: [String: Any] = ["order_id": order, "amount": 15_000_000, "description": "Order \(order)"]
    let answer = try await create(body.merging(more) { $1 })
    guard answer.status == 201 else { throw Failure("create: \(answer)") }
    return answer.json
  }

  /// A link whose payer chooses between 10,000.00 and 500,000.00.
  func createOpen(order: String, more: [String: Any] = [:]) async throws -> JSON {
    let body: [String: Any] = [
      "order_id": order, "amount_range": ["min": 1_000_000, "max": 50_000_000], "description": "Order \(order)",
    ]
    let answer = try await create(body.merging(more) { $1 })
    guard answer.status == 201 else { throw Failure("create: \(answer)") }
    return answer.json
  }

  func read(_ link: JSON) async throws -> JSON {
    try await call(.get, "/v1/payment-links/\(link["id"].string ?? "?")").json
  }

  /// The link as the books have it: a list asks nobody.
  func listed(_ link: JSON) async throws -> JSON {
    let list = try await call(.get, "/v1/payment-links?order_id=\(link["order_id"].string ?? "?")").json["data"].list
    guard let found = list.first(where: { $0["id"].string == link["id"].string }) else { throw Failure("not listed: \(link)") }
    return found
  }

  /// The acquirer's payments of an order, newest first.
  func acquirersPayments(order: String) async throws -> [JSON] {
    try await Wire.send(.get, acquirer + "/control/payments").json["payments"].list.filter { $0["pg_order_id"].string == order }
  }

  /// Acts as the payer.
  func pay(order: String, amount: String, card: String = "4400444400004440") async throws -> JSON {
    guard let number = try await acquirersPayments(order: order).first?["pg_payment_id"] else { throw Failure("no payment of \(order)") }
    let answer = try await Wire.send(
      .post, acquirer + "/control/payments/\(number)/pay", fields: ["Content-Type": "application/json"],
      body: "{\"amount\":\"\(amount)\",\"card\":\"\(card)\"}")
    guard answer.status == 200 else { throw Failure("pay: \(answer)") }
    return answer.json
  }

  func faults(_ rules: [[String: Any]]) async throws {
    let body = try JSONSerialization.data(withJSONObject: ["seed": 7, "rules": rules])
    let answer = try await Wire.send(
      .post, acquirer + "/control/faults", fields: ["Content-Type": "application/json"], body: String(decoding: body, as: UTF8.self))
    guard (200...204).contains(answer.status) else { throw Failure("faults: \(answer)") }
  }

  func advanceSandbox(_ time: String) async throws {
    let answer = try await Wire.send(
      .post, acquirer + "/control/clock", fields: ["Content-Type": "application/json"], body: "{\"advance\":\"\(time)\"}")
    guard (200...204).contains(answer.status) else { throw Failure("clock: \(answer)") }
  }
}

/// A callback made by the test's own hand: a third reading of the signature.
struct Callback {
  var fields: [(name: String, value: String)]
  var script = "result"
  var secret = Stand.secret

  static func result(order: String, payment: Int64, amount: String, more: [(String, String)] = []) -> Callback {
    Callback(
      fields: [
        ("pg_order_id", order), ("pg_payment_id", "\(payment)"), ("pg_amount", amount), ("pg_currency", "UZS"), ("pg_result", "1"),
        ("pg_can_reject", "1"), ("pg_captured", "1"), ("pg_payment_date", "2026-11-23 20:22:25"), ("pg_card_brand", "VI"),
        ("pg_testing_mode", "0"), ("pg_salt", UUID().uuidString.replacingOccurrences(of: "-", with: "")),
      ] + more)
  }

  /// The fields in the order of their names, so that only their values are joined.
  var signature: String {
    SHA.md5(([script] + fields.sorted { $0.name < $1.name }.map(\.value) + [secret]).joined(separator: ";"))
  }

  func body(signature: String? = nil) -> String {
    let allowed = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    return (fields + [("pg_sig", signature ?? self.signature)])
      .map { "\($0.name)=\($0.value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")" }.joined(separator: "&")
  }

  func send(to stand: Stand, signature: String? = nil) async throws -> Wire.Answer {
    try await Wire.send(
      .post, stand.url + "/callbacks/main/\(script)", fields: ["Content-Type": "application/x-www-form-urlencoded"],
      body: body(signature: signature))
  }

  /// The values of a flat XML answer by name, read by eye of the test.
  static func answer(_ xml: String) -> [String: String] {
    var values: [String: String] = [:]
    for part in xml.components(separatedBy: "<pg_").dropFirst() {
      guard let end = part.firstIndex(of: ">"), let close = part.range(of: "</") else { continue }
      values["pg_" + part[..<end]] = String(part[part.index(after: end)..<close.lowerBound])
    }
    return values
  }

  static func isSigned(_ xml: String, script: String) -> Bool {
    var values = answer(xml)
    let signature = values.removeValue(forKey: "pg_sig")
    return signature == SHA.md5(([script] + values.sorted { $0.key < $1.key }.map(\.value) + [Stand.secret]).joined(separator: ";"))
  }
}
