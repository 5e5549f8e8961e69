/// `pg_salt`: random letters and digits that make every signature another one (seed page: "arbitrary numbers and Latin letters").
package struct Salt: Sendable, Equatable {
  /// As long as the acquirer's own salts.
  static let length = 16
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

  package let text: String

  /// A salt that a test knows.
  package init(_ text: String) {
    self.text = text
  }

  /// A fresh salt from the system's random numbers.
  package static func random() -> Salt {
    var generator = SystemRandomNumberGenerator()
    return Salt(String((0..<length).map { _ in alphabet.randomElement(using: &generator)! }))  // The alphabet is not empty.
  }
}
