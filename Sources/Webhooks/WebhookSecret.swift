import Crypto
import FoundationEssentials
package import Payments

/// A secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. It prints `<redacted>`, however it is asked.
package struct WebhookSecret: Sendable, Equatable {
  private let bytes: [UInt8]

  package init(_ text: String) throws(InvalidValue) {
    guard text.hasPrefix(Self.prefix), let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))),
      (24...64).contains(data.count)
    else { throw InvalidValue("must be \(Self.prefix) and 24 to 64 bytes in base64") }
    bytes = Array(data)
  }

  /// A fresh one, which nobody knows.
  package init() {
    var random = SystemRandomNumberGenerator()
    bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  private static let prefix = "whsec_"

  /// HMAC-SHA256 in base64.
  func code(of text: [UInt8]) -> String {
    Data(HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: bytes))).base64EncodedString()
  }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "<redacted>" }
  package var debugDescription: String { "<redacted>" }
  package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

/// The secrets of an endpoint: during a rotation both sign, so that the shop may change at its own time.
package struct WebhookSecrets: Sendable {
  package var current: WebhookSecret
  package var previous: WebhookSecret?

  package init(current: WebhookSecret, previous: WebhookSecret? = nil) {
    self.current = current
    self.previous = previous
  }

  package var all: [WebhookSecret] { [current] + (previous.map { [$0] } ?? []) }
}
