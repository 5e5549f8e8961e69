import Payments

/// Local times without a zone, as the acquirer writes them: `2025-06-26 20:22:25` (protocol §4.1).
enum LocalTime {
  /// The instant of a local time.
  ///
  /// - Parameter offset: what the local time is ahead of UTC.
  /// - Returns: nil where the text is no such time of the calendar.
  static func timestamp(_ text: String, offset: Duration) -> Timestamp? {
    let bytes = Array(text.utf8)
    guard bytes.count == 19, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: " "),
      bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
      let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
      (1970...9999).contains(year), (1...12).contains(month), (1...daysOf(month, year)).contains(day),
      (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
    else { return nil }
    let seconds = ((daysBefore(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second
    return Timestamp(milliseconds: Int64(seconds) * 1000) - offset
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    digits.reduce(0 as Int?) { value, digit in (48...57).contains(digit) ? value.map { $0 * 10 + Int(digit) - 48 } : nil }
  }

  private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  private static func daysOf(_ month: Int, _ year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970-01-01 to the first of a month.
  private static func daysBefore(_ year: Int, _ month: Int) -> Int {
    let past = year - 1
    let leaps = past / 4 - past / 100 + past / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400)
    return (year - 1970) * 365 + leaps + (1..<month).reduce(0) { $0 + daysOf($1, year) }
  }
}
