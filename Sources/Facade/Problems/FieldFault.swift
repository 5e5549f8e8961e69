/// One fault of a body or query: where, what, and a sentence about the rule, never the value.
struct FieldFault: Hashable, Sendable, Encodable {
  enum Code: String, Sendable, Encodable, CaseIterable {
    case required
    case unknownMember = "unknown_member"
    case wrongType = "wrong_type"
    case tooShort = "too_short"
    case tooLong = "too_long"
    case tooMany = "too_many"
    case outOfRange = "out_of_range"
    /// The text does not have the form it must have.
    case malformed
    case cardNumber = "card_number"
    case notServed = "not_served"
    case invalid
    case unsupported
  }

  /// JSON pointer (RFC 6901) into the body; for a query, into its members.
  var pointer: String
  var code: Code
  var detail: String
}

/// A value that breaks a rule, before it is known where it stands.
struct ValueFault: Error {
  var code: FieldFault.Code
  var detail: String

  init(_ code: FieldFault.Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }
}

/// A member's name as a JSON pointer's last step (RFC 6901 §3).
func pointer(_ parent: String, _ name: String) -> String {
  var step = ""
  for character in name.unicodeScalars {
    switch character {
    case "~": step += "~0"
    case "/": step += "~1"
    default: step.unicodeScalars.append(character)
    }
  }
  return parent + "/" + step
}
