import Crypto

/// pg_sig, the sandbox's own reading of the published rule (protocol §1.1), independent of the gateway's on purpose:
///
/// `md5hex(script;value;value;…;secret)`, values sorted by the bytes of their names, groups sorted in their own place, recursively; fields
/// of one name keep their order; a list (all names whole numbers) sorts by number, as PHP's ksort does; `pg_sig` is left out at the top.
enum WireSignature {
  /// What can be said of the signature of a message that came in.
  enum Verdict: String, Sendable, Encodable {
    case valid
    case invalid
    case missing
  }

  static func digest(_ message: WireMessage, script: String, secret: SandboxSecret) -> String {
    let parts = [script] + values(of: message.without("pg_sig")) + [secret.text]
    return Insecure.MD5.hash(data: Array(parts.joined(separator: ";").utf8)).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }

  static func verdict(on message: WireMessage, script: String, secret: SandboxSecret) -> Verdict {
    guard let signature = message["pg_sig"], !signature.isEmpty else { return .missing }
    return signature == digest(message, script: script, secret: secret) ? .valid : .invalid
  }

  /// The message with a fresh pg_salt and its pg_sig at the end.
  static func signed(_ message: WireMessage, script: String, secret: SandboxSecret) -> WireMessage {
    var signed = message.without("pg_salt", "pg_sig")
    signed.append("pg_salt", RandomText.salt())
    signed.append("pg_sig", digest(signed, script: script, secret: secret))
    return signed
  }

  /// The values in the order of the rule.
  static func values(of message: WireMessage) -> [String] {
    sorted(message.fields).flatMap { field in
      switch field.value {
      case .text(let text): [text]
      case .group(let group): values(of: group)
      }
    }
  }

  private static func sorted(_ fields: [WireMessage.Field]) -> [WireMessage.Field] {
    let isList = fields.allSatisfy { Int($0.name).map(String.init) == $0.name }
    return fields.enumerated().sorted { left, right in
      if left.element.name == right.element.name { return left.offset < right.offset }
      if isList { return Int(left.element.name)! < Int(right.element.name)! }  // all names are whole numbers
      return left.element.name.utf8.lexicographicallyPrecedes(right.element.name.utf8)
    }.map(\.element)
  }
}

/// Random texts of the protocol.
enum RandomText {
  private static let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

  /// pg_salt: sixteen letters and digits, as live answers have (protocol §2.4).
  static func salt() -> String {
    String((0..<16).map { _ in letters[Int.random(in: 0..<letters.count)] })
  }

  /// The customer token of a page: 32 hex digits (protocol §2.6).
  static func customer() -> String {
    String((0..<32).map { _ in hexDigit() })
  }

  /// As many decimal digits, such as a bank's reference number (RRN, 12) or approval code (6).
  static func digits(_ count: Int) -> String {
    String((0..<count).map { _ in Character(String(Int.random(in: 0...9))) })
  }

  private static func hexDigit() -> Character {
    Character(String(Int.random(in: 0..<16), radix: 16))
  }
}
