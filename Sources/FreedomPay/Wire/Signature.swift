import Crypto
import Payments

/// `pg_sig`: MD5 over `script;value1;value2;…;secret` in UTF-8, as 32 lowercase hex characters (protocol §1.1).
///
/// The text is fed to the digest piece by piece: it never exists as a whole, so nothing can log or keep it.
package enum Signature {
  /// Bytes of a digest.
  static let length = 16

  /// Signs a message: the same fields with a fresh salt and `pg_sig` behind them. A salt or signature it already has gives way.
  package static func sign(_ fields: Fields, script: ScriptName, secret: SecretKey, salt: Salt = .random()) -> Fields {
    var signed = fields.without(["pg_salt", "pg_sig"])
    signed.append("pg_salt", .text(salt.text))
    signed.append("pg_sig", .text(hex(of: signed, script: script, secret: secret)))
    return signed
  }

  /// The signature of a message as it stands; `pg_sig` in it does not count, empty values do.
  package static func hex(of fields: Fields, script: ScriptName, secret: SecretKey) -> String {
    digest(script: script, values: SignedOrder.sorted.values(of: fields), secret: secret).hex
  }

  /// The digest of values that already stand in their order.
  static func digest(script: ScriptName, values: [String], secret: SecretKey) -> Insecure.MD5Digest {
    var hash = Insecure.MD5()
    feed(script.text, to: &hash)
    for value in values {
      feed(";", to: &hash)
      feed(value, to: &hash)
    }
    feed(";", to: &hash)
    hash.update(data: secret.bytes)
    return hash.finalize()
  }

  private static func feed(_ text: String, to hash: inout Insecure.MD5) {
    var text = text
    // SAFETY: the digest reads the bytes during the call alone.
    text.withUTF8 { unsafe hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
  }
}
