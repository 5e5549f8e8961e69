import Foundation
import Testing

@testable import Sandbox

/// The calls that move money already paid, as both families name them.
enum OperationPaths {
  static let capture = ["/g2g/clearing", "/do_capture.php"]
  static let cancel = ["/g2g/cancel", "/cancel.php", "/cancel"]
  static let refund = ["/g2g/refund", "/revoke.php", "/revoke"]
  static let status = ["/g2g/status_v2", "/get_status3.php"]

  static func isGateway(_ path: String) -> Bool { path.hasPrefix("/g2g/") }
  /// How a refund's amount is named.
  static func amount(_ path: String) -> String { isGateway(path) ? "pg_amount" : "pg_refund_amount" }
}

extension Bench {
  static let goodCard = "6224466455690681278"

  /// A payment of 100 that is only held.
  func held(card: String = Bench.goodCard, _ more: KeyValuePairs<String, String> = [:]) async throws -> Int64 {
    var message = Self.fields(more)
    message.append("pg_auto_clearing", "0")
    let answer = try await call("/init_payment.php", message)
    let id = try #require(answer["pg_payment_id"].flatMap { Int64($0) })
    #expect(try await pay(id, card: card).json["status"] as? String == "success")
    return id
  }

  /// A payment of 100 that is taken.
  func paid(card: String = Bench.goodCard, _ more: KeyValuePairs<String, String> = [:]) async throws -> Int64 {
    let id = try await open("/init_payment.php", more).id
    #expect(try await pay(id, card: card).json["status"] as? String == "success")
    return id
  }

  func operate(_ path: String, _ id: Int64, _ more: KeyValuePairs<String, String> = [:]) async throws -> CallAnswer {
    var message: WireMessage = ["pg_merchant_id": "\(Self.merchant)", "pg_payment_id": "\(id)", "pg_salt": "s"]
    for (name, value) in more { message.append(name, value) }
    return try await call(path, WireMessage(form: message.flattened))
  }

  func byOrder(_ path: String, _ order: String = "A1001") async throws -> CallAnswer {
    try await call(path, ["pg_merchant_id": "\(Self.merchant)", "pg_order_id": order, "pg_salt": "s"])
  }

  func load(_ rules: String) async throws {
    let (status, json) = try await control("/control/faults", "{\"seed\": 7, \"rules\": [\(rules)]}")
    #expect(status == 200, "\(json)")
  }

  /// What `GET /control/payments/{id}` says of the money.
  func books(_ id: Int64) async throws -> Books {
    let shown = try await object(try await get("/control/payments/\(id)"))
    let operations = try #require(shown["operations"] as? [[String: Any]])
    return Books(
      captured: try #require(shown["captured"] as? String), refunded: try #require(shown["refunded"] as? String),
      operations: operations.map { "\($0["kind"] ?? "") \($0["amount"] ?? "") \($0["status"] ?? "")" })
  }
}

struct Books: Equatable {
  var captured: String
  var refunded: String
  /// Kind, amount, status.
  var operations: [String]
}

extension WireMessage {
  /// The entries of a list such as pg_refund_payments.
  func entries(_ name: String) -> [WireMessage] {
    fields.filter { $0.name == name }.flatMap { field -> [WireMessage] in
      guard case .group(let list) = field.value else { return [] }
      return list.fields.compactMap { entry in
        if case .group(let group) = entry.value { group } else { nil }
      }
    }
  }
}
