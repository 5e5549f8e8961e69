import FoundationEssentials

/// An instant of wall-clock time, in whole milliseconds since 1970-01-01T00:00:00Z: what the books say and what is shown.
package struct Timestamp: Hashable, Comparable, Codable, Sendable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// From RFC 3339 text with any offset, such as `2026-11-23T18:00:00Z`.
  package init(rfc3339 text: String) throws(InvalidValue) {
    for style in [Self.wholeSeconds, Self.fractions] {
      if let date = try? style.parse(text) {
        self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
        return
      }
    }
    throw InvalidValue("must be an RFC 3339 time such as 2026-11-23T18:00:00Z")
  }

  /// RFC 3339 in UTC; milliseconds only where there are any. The library formats whole seconds, which a Double holds exactly.
  package var rfc3339: String {
    let (seconds, fraction) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    let text = Self.wholeSeconds.format(Date(timeIntervalSince1970: Double(seconds)))
    guard fraction > 0 else { return text }
    return "\(text.dropLast()).\(String(1000 + fraction).dropFirst())Z"
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  package static func + (left: Timestamp, right: Duration) -> Timestamp {
    Timestamp(milliseconds: left.milliseconds + right.wholeMilliseconds)
  }

  package static func - (left: Timestamp, right: Duration) -> Timestamp {
    Timestamp(milliseconds: left.milliseconds - right.wholeMilliseconds)
  }

  package static func - (left: Timestamp, right: Timestamp) -> Duration {
    .milliseconds(left.milliseconds - right.milliseconds)
  }

  package init(from decoder: any Decoder) throws {
    self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }

  private static let wholeSeconds = Date.ISO8601FormatStyle()
  private static let fractions = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}

extension Duration {
  /// Whole milliseconds, rounded toward zero.
  package var wholeMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }

  package static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }
  package static func hours(_ count: Int) -> Duration { .seconds(count * 3600) }
  package static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}
