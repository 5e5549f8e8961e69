import Crypto
import FoundationEssentials
import HTTPTypes
import Payments
import PaymentsTesting

@testable import Facade

/// A signed order as a shop's back end makes it: JSON, base64url, HMAC, by the test's own hand.
struct OrderToken {
  static let secret = "a-secret-of-the-shop-with-32-byte"

  var header = #"{"alg":"HS256","typ":"JWT"}"#
  /// JSON text by name.
  var claims: [String: String]
  var secret = Self.secret

  /// An order that is right in every way, good for another quarter of an hour.
  init(now: Timestamp, jti: String = "j1") {
    claims = [
      "aud": #""https://pay.example.uz""#, "exp": "\(now.milliseconds / 1000 + 900)", "jti": #""\#(jti)""#, "order_id": #""A1001""#,
      "amount": "15000000", "description": #""Order A1001""#,
    ]
  }

  var payload: String { "{" + claims.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}" }

  var text: String {
    let signed = Self.base64URL(Array(header.utf8)) + "." + Self.base64URL(Array(payload.utf8))
    let code = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: SymmetricKey(data: Array(secret.utf8)))
    return signed + "." + Self.base64URL(Array(code))
  }

  static func base64URL(_ bytes: [UInt8]) -> String {
    String(Data(bytes).base64EncodedString().compactMap { $0 == "=" ? nil : $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
  }
}

extension Desk {
  /// Hands an order in, as a browser does.
  func order(_ token: String, key: String = "pk_page", more: String = "") async throws -> Answer {
    try await call(.post, "/v1/payment-links", key: key, body: #"{"signed_order":"\#(token)"\#(more)}"#)
  }

  func order(_ change: (inout OrderToken) -> Void) async throws -> Answer {
    var token = OrderToken(now: clock.now())
    change(&token)
    return try await order(token.text)
  }
}
