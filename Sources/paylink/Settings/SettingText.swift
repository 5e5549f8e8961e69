import Payments

/// How a setting's text is read. Each reader says its rule when the text breaks it.
enum SettingText {
  typealias Reader<Value> = (String) throws(InvalidValue) -> Value

  static func any(_ text: String) throws(InvalidValue) -> String {
    guard !text.isEmpty else { throw InvalidValue("must not be empty") }
    return text
  }

  static func flag(_ text: String) throws(InvalidValue) -> Bool {
    switch text {
    case "true": return true
    case "false": return false
    default: throw InvalidValue("must be true or false")
    }
  }

  static func number<Number: FixedWidthInteger>(_ range: ClosedRange<Number>) -> Reader<Number> {
    { text throws(InvalidValue) in
      guard let number = Number(text), range.contains(number) else {
        throw InvalidValue("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
  }

  /// Bytes: `65536`, `64KiB`, `1MiB`.
  static func size(_ range: ClosedRange<Int>) -> Reader<Int> {
    { text throws(InvalidValue) in
      guard let bytes = scaled(text, units: ["": 1, "KiB": 1024, "MiB": 1 << 20]), range.contains(Int(bytes)) else {
        throw InvalidValue("must be a size from \(sizeText(range.lowerBound)) to \(sizeText(range.upperBound)), such as 64KiB")
      }
      return Int(bytes)
    }
  }

  /// A wait: `500ms`, `20s`, `5m`, `1h`.
  static func wait(_ range: ClosedRange<Duration>) -> Reader<Duration> {
    { text throws(InvalidValue) in
      guard let milliseconds = scaled(text, units: ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]),
        range.contains(.milliseconds(milliseconds))
      else { throw InvalidValue("must be a time from \(waitText(range.lowerBound)) to \(waitText(range.upperBound)), such as 20s") }
      return .milliseconds(milliseconds)
    }
  }

  /// One of a set of words.
  static func word<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> Reader<Word> where Word.RawValue == String {
    { text throws(InvalidValue) in
      guard let word = Word(rawValue: text) else { throw InvalidValue("must be \(list(Word.allCases.map(\.rawValue)))") }
      return word
    }
  }

  /// `uz, kz or kg`.
  static func list(_ words: [String]) -> String {
    words.count < 2 ? words.joined() : "\(words.dropLast().joined(separator: ", ")) or \(words[words.count - 1])"
  }

  /// At most nine digits with a unit behind them.
  private static func scaled(_ text: String, units: [String: Int64]) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard (1...9).contains(digits.utf8.count), let number = Int64(digits), let unit = units[String(text.dropFirst(digits.count))] else {
      return nil
    }
    return number * unit
  }

  private static func sizeText(_ bytes: Int) -> String {
    bytes % (1 << 20) == 0 ? "\(bytes >> 20)MiB" : bytes % 1024 == 0 ? "\(bytes >> 10)KiB" : "\(bytes)"
  }

  private static func waitText(_ wait: Duration) -> String {
    let milliseconds = wait.wholeMilliseconds
    if milliseconds % 3_600_000 == 0 { return "\(milliseconds / 3_600_000)h" }
    if milliseconds % 60_000 == 0 { return "\(milliseconds / 60_000)m" }
    return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
  }
}

// MARK: - Reading members

extension KeyedDecodingContainer {
  /// A member's text through a reader; nil where the key is not there.
  func read<Value>(_ key: Key, _ reader: SettingText.Reader<Value>) throws -> Value? {
    guard let text = try decodeIfPresent(String.self, forKey: key) else { return nil }
    do {
      return try reader(text)
    } catch {
      throw broken(key, error.rule)
    }
  }

  /// A member that must be there.
  func need<Value>(_ key: Key, _ reader: SettingText.Reader<Value>) throws -> Value {
    guard let value = try read(key, reader) else { throw broken(key, "is required") }
    return value
  }

  /// One text or a list of texts; nil where the key is not there.
  func readAll<Value>(_ key: Key, _ reader: SettingText.Reader<Value>) throws -> [Value]? {
    guard contains(key) else { return nil }
    guard var list = try? nestedUnkeyedContainer(forKey: key) else { return try read(key, reader).map { [$0] } }
    var values: [Value] = []
    while !list.isAtEnd {
      let path = list.codingPath + [MemberIndex(list.currentIndex)]
      do {
        values.append(try reader(try list.decode(String.self)))
      } catch let error as InvalidValue {
        throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: error.rule))
      }
    }
    return values
  }

  /// The error of a broken rule at a member.
  func broken(_ key: Key, _ rule: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: codingPath + [key], debugDescription: rule))
  }
}

/// The place of a member in a list.
struct MemberIndex: CodingKey {
  let index: Int

  init(_ index: Int) { self.index = index }

  var intValue: Int? { index }
  var stringValue: String { "\(index)" }
  init?(intValue: Int) { index = intValue }
  init?(stringValue: String) { nil }
}
