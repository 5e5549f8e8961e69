/// A secret worth a try: one that was given, or the same as somebody else may have copied it. It prints `<redacted>`, as its key does.
struct SecretTry: Sendable {
  enum Change: Sendable, Equatable {
    case none
    /// White space around the given one that the signer does not have.
    case trimmed
    /// White space that the signer has behind it or before it.
    case newline, carriageReturn, blankBehind, blankBefore
    /// Quotes around the given one that the signer does not have.
    case unquoted
    /// The signer hashed no secret: an unset variable.
    case empty
  }

  var age: SecretKeys.Age
  var change: Change
  var key: Bytes

  /// The bytes of a key, which nobody prints.
  struct Bytes: Sendable, CustomStringConvertible, CustomReflectable {
    var all: [UInt8]

    var description: String { "<redacted>" }
    var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
  }

  static func given(_ secrets: SecretKeys) -> [SecretTry] {
    secrets.all.map { SecretTry(age: $0.age, change: .none, key: Bytes(all: $0.key.bytes)) }
  }

  static func changed(_ secrets: SecretKeys) -> [SecretTry] {
    var tries: [SecretTry] = []
    for (age, key) in secrets.all {
      func add(_ change: Change, _ bytes: [UInt8]) {
        if bytes != key.bytes { tries.append(SecretTry(age: age, change: change, key: Bytes(all: bytes))) }
      }
      let isBlank = { (byte: UInt8) in byte <= 0x20 }
      add(.trimmed, Array(key.bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed()))
      add(.newline, key.bytes + [0x0A])
      add(.carriageReturn, key.bytes + [0x0D, 0x0A])
      add(.blankBehind, key.bytes + [0x20])
      add(.blankBefore, [0x20] + key.bytes)
      let isQuote = { (byte: UInt8) in byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
      add(.unquoted, Array(key.bytes.drop(while: isQuote).reversed().drop(while: isQuote).reversed()))
    }
    return tries + [SecretTry(age: .current, change: .empty, key: Bytes(all: []))]
  }
}
