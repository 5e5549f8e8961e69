/// A merchant's secret for accepting payments. It prints `<redacted>`, however it is asked.
package struct SecretKey: Sendable {
  /// The key as bytes: the last part of every signed text (protocol §1.1).
  let bytes: [UInt8]

  /// A key; nil where the text is empty, since everybody could sign with that.
  package init?(_ text: String) {
    guard !text.isEmpty else { return nil }
    bytes = Array(text.utf8)
  }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "<redacted>" }
  package var debugDescription: String { "<redacted>" }
  package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

/// The secrets of a merchant: the one we sign with, and during a rotation the one before it, which still verifies.
package struct SecretKeys: Sendable {
  package var current: SecretKey
  package var previous: SecretKey?

  package init(current: SecretKey, previous: SecretKey? = nil) {
    self.current = current
    self.previous = previous
  }

  /// Which of the two.
  package enum Age: Sendable, Equatable {
    case current
    case previous
  }

  /// The secret of an age; the current one where there is no previous one.
  func key(_ age: Age) -> SecretKey {
    age == .previous ? previous ?? current : current
  }

  /// In the order in which they are tried.
  var all: [(age: Age, key: SecretKey)] {
    [(.current, current)] + (previous.map { [(.previous, $0)] } ?? [])
  }
}
