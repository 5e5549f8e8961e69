import FoundationEssentials

/// An instant of wall-clock time, in whole milliseconds since 1970-01-01T00:00:00Z: what the books say and what is shown.
package struct Timestamp: Hashable, Comparable, Codable, Sendable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// From RFC 3339 text with any offset, such as `2026-11-23T18:00:00Z`. Every digit is judged: the library's parser takes days that no month
  /// has, and whatever stands behind the time.
  package init(rfc3339 text: String) throws(InvalidValue) {
    let wrong = InvalidValue("must be an RFC 3339 time such as 2026-11-23T18:00:00Z")
    guard
      let match = text.wholeMatch(of: /(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))/)
    else {
      throw wrong
    }
    func number(_ digits: Substring) -> Int64 { digits.utf8.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) } }
    let (_, year, month, day, hour, minute, second, fraction, sign, zoneHour, zoneMinute) = match.output
    guard text.utf8.count == text.count, number(year) > 0, (1...12).contains(number(month)),
      (1...Self.days(inMonth: number(month), of: number(year))).contains(number(day)), number(hour) < 24, number(minute) < 60,
      number(second) < 60, number(zoneHour ?? "0") < 24, number(zoneMinute ?? "0") < 60
    else { throw wrong }
    let offset = (number(zoneHour ?? "0") * 60 + number(zoneMinute ?? "0")) * (sign == "-" ? -1 : 1)
    let minutes = (Self.daysSince1970(number(year), number(month), number(day)) * 24 + number(hour)) * 60 + number(minute) - offset
    let thousandths = number(Substring(((fraction ?? "") + "000").prefix(3)))
    self.init(milliseconds: (minutes * 60 + number(second)) * 1000 + thousandths)
  }

  private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Days of the civil calendar: the year is taken from March on, so that the leap day stands last.
  private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month > 2 ? year : year - 1
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
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
