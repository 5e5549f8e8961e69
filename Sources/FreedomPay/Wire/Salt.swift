/// `pg_salt`: random letters and digits that make every signature another one (seed page: "arbitrary numbers and Latin letters").
package struct Salt: Sendable, Equatable {
  /// As long as the acquirer's own salts.
  static let length = 16
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

  package let text: String

  /// A salt that a test knows.
  package init(_ text: String) {
    self.text = text
  }

  /// A fresh salt from the system's random numbers: eight characters from each, of which 62^8 is so small a part that all are equally likely for any use of a salt.
  package static func random() -> Salt {
    var generator = SystemRandomNumberGenerator()
    var characters: [UInt8] = []
    characters.reserveCapacity(length)
    for _ in 0..<length / 8 {
      var number: UInt64 = generator.next()
      for _ in 0..<8 {
        characters.append(alphabet[Int(number % UInt64(alphabet.count))])
        number /= UInt64(alphabet.count)
      }
    }
    return Salt(String(decoding: characters, as: UTF8.self))
  }
}
