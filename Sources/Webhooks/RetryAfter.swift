import FoundationEssentials
import Payments

/// `Retry-After: 120` or `Retry-After: Wed, 21 Oct 2026 07:28:00 GMT` (RFC 9110 §10.2.3).
struct RetryAfter: Equatable {
  /// From now on; never less than nothing. Who reads it bounds it.
  let wait: Duration

  init?(_ text: String) { self.init(text, now: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))) }

  init?(_ text: String, now: Timestamp) {
    if !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      guard let seconds = Int(text) else { return nil }
      wait = .seconds(seconds)
    } else {
      guard let time = Self.time(text) else { return nil }
      wait = max(.zero, time - now)
    }
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// The one form of a date that may be sent (RFC 9110 §5.6.7).
  private static func time(_ text: String) -> Timestamp? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0].utf8.last == UInt8(ascii: ","), parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2]))
    else {
      return nil
    }
    return try? Timestamp(rfc3339: "\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z")
  }
}
