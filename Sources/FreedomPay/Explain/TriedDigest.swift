import Crypto

/// The digest of a text that was put together against the rule: bytes of any coding, a secret of any form, no script name at all.
/// `Signature.digest` is the rule's.
enum TriedDigest {
  /// - Parameters:
  ///   - script: nil leaves out the name and the separator behind it.
  ///   - middle: the values, `;` before and behind.
  static func of(script: String?, middle: [UInt8], secret: [UInt8]) -> [UInt8] {
    var hash = Insecure.MD5()
    if let script {
      hash.update(data: Array(script.utf8))
      hash.update(data: middle)
    } else {
      hash.update(data: middle.dropFirst())
    }
    hash.update(data: secret)
    return Array(hash.finalize())
  }
}
