/// Reads the parameters of a call one by one, each against its documented bounds (protocol §2.3, `seed-page.txt`).
///
/// An optional parameter that is empty counts as not given: official SDKs send some of them empty (protocol §1.4).
struct FieldReader {
  let message: WireMessage

  /// Refuses a pg_ parameter that occurs twice (XML repeats those that are lists), and one that holds a list where a text belongs.
  init(_ message: WireMessage) throws(FieldError) {
    self.message = message
    var seen: Set<String> = []
    for field in message.fields where field.name.hasPrefix("pg_") {
      if case .group = field.value {
        guard Self.groups.contains(field.name) else { throw FieldError(name: field.name, reason: "ожидается строка") }
        continue
      }
      guard seen.insert(field.name).inserted else { throw FieldError(name: field.name, reason: "указан дважды") }
    }
  }

  private static let groups: Set = ["pg_receipt_positions", "pg_template_params", "pg_exchange_params"]

  /// The text where it is given and not empty, at most `most` characters long.
  func text(_ name: String, most: Int = 255) throws(FieldError) -> String? {
    guard let text = message[name], !text.isEmpty else { return nil }
    guard text.count <= most else { throw FieldError(name: name, reason: "длиннее \(most) символов") }
    return text
  }

  func required<Value>(_ name: String, _ value: Value?) throws(FieldError) -> Value {
    guard let value else { throw FieldError(name: name, reason: "обязателен") }
    return value
  }

  func text(_ name: String, most: Int = 255, where isFit: (UInt8) -> Bool, reason: String) throws(FieldError) -> String? {
    guard let text = try text(name, most: most) else { return nil }
    guard text.utf8.allSatisfy(isFit) else { throw FieldError(name: name, reason: reason) }
    return text
  }

  func integer(_ name: String, in range: ClosedRange<Int64>) throws(FieldError) -> Int64? {
    guard let text = try text(name) else { return nil }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text) else {
      throw FieldError(name: name, reason: "ожидается целое число")
    }
    guard range.contains(number) else { throw FieldError(name: name, reason: "вне границ \(range.lowerBound)..\(range.upperBound)") }
    return number
  }

  func amount(_ name: String, from least: SandboxAmount) throws(FieldError) -> SandboxAmount? {
    guard let text = try text(name) else { return nil }
    guard let amount = SandboxAmount(text) else { throw FieldError(name: name, reason: "ожидается сумма с двумя знаками после точки") }
    guard amount >= least, amount <= .most else {
      throw FieldError(name: name, reason: "вне границ \(least.text)..\(SandboxAmount.most.text)")
    }
    return amount
  }

  func flag(_ name: String) throws(FieldError) -> Bool? {
    try integer(name, in: 0...1).map { $0 == 1 }
  }

  /// pg_generate_qr is documented as a boolean: `1` and `0` are what is sent, `true` and `false` what the type says.
  func boolean(_ name: String) throws(FieldError) -> Bool? {
    switch try text(name) {
    case nil: nil
    case "1", "true": true
    case "0", "false": false
    default: throw FieldError(name: name, reason: "ожидается 0 или 1")
    }
  }

  func word(_ name: String, of words: [String]) throws(FieldError) -> String? {
    guard let text = try text(name) else { return nil }
    guard words.contains(text) else { throw FieldError(name: name, reason: "ожидается одно из: \(words.joined(separator: ", "))") }
    return text
  }

  /// An absolute http or https address of at most 255 characters.
  func url(_ name: String) throws(FieldError) -> WireURL? {
    guard let text = try text(name) else { return nil }
    guard let url = WireURL(text) else { throw FieldError(name: name, reason: "ожидается адрес http или https") }
    return url
  }

  func emailAddress(_ name: String) throws(FieldError) -> String? {
    guard let text = try text(name) else { return nil }
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, parts[1].contains("."), !text.contains(where: \.isWhitespace) else {
      throw FieldError(name: name, reason: "ожидается адрес электронной почты")
    }
    return text
  }

  func ipv4Address(_ name: String) throws(FieldError) -> String? {
    guard let text = try text(name) else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let isAddress = parts.count == 4 && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
    guard isAddress else { throw FieldError(name: name, reason: "ожидается адрес IPv4") }
    return text
  }
}
