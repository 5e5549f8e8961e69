import Crypto

/// How a message's signature came out.
package enum SignatureVerdict: Sendable, Equatable {
  /// The message is from somebody who knows the secret. The form says how literally it had to be taken.
  case verified(secret: SecretKeys.Age, form: SignatureForm)
  /// There is no signature at all.
  case unsigned
  /// There is one, and it is wrong.
  case wrong
}

/// How a message had to be read until its signature fitted (protocol §1.4, §1.5).
package enum SignatureForm: Sendable, Equatable {
  /// As received, empty values counted.
  case strict
  /// As received, empty values left out.
  case emptiesDropped
  /// With the parameters of our URL's query that the body does not repeat.
  case queryJoined
}

/// Verifies messages for one script name and one merchant.
///
/// The rule signs values, not names, and joins them with a character that values may hold: who has one signed message can cut it anew.
/// Payers see such messages in their return addresses. So the script names of returns, checks and results must differ, as ours do.
package struct SignatureVerifier: Sendable {
  private let script: ScriptName
  private let secrets: SecretKeys

  package init(script: ScriptName, secrets: SecretKeys) {
    self.script = script
    self.secrets = secrets
  }

  /// Compares in constant time; tries the strict form before the fallbacks, the current secret before the previous one.
  ///
  /// - Parameters:
  ///   - fields: the whole message with its `pg_sig`, fields that nobody knows included.
  ///   - query: the parameters of the URL's query where the message came in a body.
  package func verify(_ fields: Fields, query: Fields = Fields()) -> SignatureVerdict {
    let signatures = fields.values(of: "pg_sig")
    guard let first = signatures.first else { return .unsigned }
    guard signatures.count == 1, case .text(let hex) = first else { return .wrong }
    guard !hex.isEmpty else { return .unsigned }
    guard let signature = Self.bytes(ofHex: hex) else { return .wrong }

    for form in [SignatureForm.strict, .emptiesDropped, .queryJoined] {
      for order in SignedOrder.allCases {
        guard let values = values(of: fields, query: query, form, order) else { continue }
        for (age, key) in secrets.all where Signature.digest(script: script, values: values, secret: key) == signature {
          return .verified(secret: age, form: form)
        }
      }
    }
    return .wrong
  }

  /// What would be signed, read in this way; nil where it is the same as in an earlier one. The first mostly fits, so no other is made before it was tried.
  private func values(of fields: Fields, query: Fields, _ form: SignatureForm, _ order: SignedOrder) -> [String]? {
    switch form {
    case .strict: return order.values(of: fields)
    case .emptiesDropped:
      let all = order.values(of: fields)
      return all.contains("") ? all.filter { !$0.isEmpty } : nil
    case .queryJoined:
      let joined = fields.joining(query)
      return joined == fields ? nil : order.values(of: joined)
    }
  }

  /// 32 hex characters as 16 bytes.
  private static func bytes(ofHex hex: String) -> [UInt8]? {
    guard hex.utf8.count == Signature.length * 2 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Signature.length)
    var high: UInt8?
    for character in hex.utf8 {
      guard let digit = digit(character) else { return nil }
      guard let first = high.take() else {
        high = digit
        continue
      }
      bytes.append(first << 4 | digit)
    }
    return bytes
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

extension Fields {
  /// The message with the fields of a query whose names it does not have yet.
  package func joining(_ query: Fields) -> Fields {
    let names = Set(all.map(\.name))
    return Fields(all + query.all.filter { !names.contains($0.name) })
  }
}
