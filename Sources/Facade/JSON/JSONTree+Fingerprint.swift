import Crypto
import JSON
import Payments

extension JSONTree {
  /// Hex of SHA-256 over a route and this body, members sorted: two requests with one fingerprint ask for the same (design §4.3).
  ///
  /// - Parameter route: method and path, such as `POST /v1/payment-links`.
  func fingerprint(route: String) -> String {
    var bytes = Array((route + "\n").utf8)
    append(to: &bytes)
    return Array(SHA256.hash(data: bytes)).hex
  }

  /// Every value with its kind and length before it, so that no two trees give the same bytes.
  private func append(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "z".utf8
    case .bool(let isTrue): bytes += (isTrue ? "y" : "n").utf8
    case .number(let digits): bytes += "d\(digits.utf8.count):\(digits)".utf8
    case .text(let text): bytes += "t\(text.utf8.count):\(text)".utf8
    case .list(let items):
      bytes += "l\(items.count):".utf8
      for item in items { item.append(to: &bytes) }
    case .object(let members):
      bytes += "o\(members.count):".utf8
      for (name, value) in members.sorted(by: { $0.key < $1.key }) {
        bytes += "\(name.utf8.count):\(name)".utf8
        value.append(to: &bytes)
      }
    }
  }
}
