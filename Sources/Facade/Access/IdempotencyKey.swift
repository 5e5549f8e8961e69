import HTTPServer
import HTTPTypes
import Payments

/// The `Idempotency-Key` of a request: 1 to 255 visible ASCII characters (design §4.3).
enum IdempotencyKey {
  static let longest = 255

  static func read(_ request: Request) throws(Problem) -> String {
    let values = request.head.fields[values: .idempotencyKey]
    guard let key = values.first else { throw Problem(.idempotencyKeyMissing, "This route needs the header Idempotency-Key.") }
    guard values.count == 1, (1...longest).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw Problem(.http(.malformed), "Idempotency-Key must be given once, with 1 to \(longest) visible ASCII characters.")
    }
    return key
  }
}

extension HTTPField.Name {
  static let idempotencyKey = named("Idempotency-Key")
  static let idempotencyReplayed = named("Idempotency-Replayed")
  static let referrerPolicy = named("Referrer-Policy")
  static let refresh = named("Refresh")
  static let xForwardedFor = named("X-Forwarded-For")
  static let rateLimit = named("RateLimit")
  static let rateLimitPolicy = named("RateLimit-Policy")

  static func named(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("a field name of ours is a token") }
    return name
  }
}
