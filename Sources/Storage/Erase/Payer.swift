package import Payments

/// Whose data is to go: by what the shop told about the payer, or by one link. Each name is whole, as it was judged when the shop gave it.
package enum Payer: Sendable {
  /// The shop's own id, which means somebody else at another merchant.
  case customer(String)
  /// E.164 with its plus.
  case phone(String)
  case email(String)
  case link(LinkID)

  /// What the terms of a link hold where it may be theirs: a member of the customer, as it is stored. nil where the link itself is named.
  func trace() throws -> String? {
    switch self {
    case .customer(let id): try Self.member("id", id)
    case .phone(let phone): try Self.member("phone", phone)
    case .email(let email): try Self.member("email", email)
    case .link: nil
    }
  }

  private static func member(_ key: String, _ value: String) throws -> String {
    // `{"phone":"+998…"}` without its braces.
    String(try StoredJSON.text([key: value]).dropFirst().dropLast())
  }

  func isOf(_ customer: Customer) -> Bool {
    switch self {
    case .customer(let id): customer.id == id
    case .phone(let phone): customer.phone == phone
    case .email(let email): customer.email == email
    case .link: true
    }
  }

  /// What a message of no link holds, as it is stored, where it may be theirs: neither a phone nor an email has a character that JSON spells otherwise. Empty where
  /// none can be known so.
  var word: String {
    switch self {
    case .phone(let phone): String(phone.drop { $0 == "+" })
    case .email(let email): email
    case .customer, .link: ""
    }
  }

  /// What a message of no link holds where it is theirs. A customer's id is the shop's own, and may be any number; it never goes to the acquirer.
  var marks: [MessageMark] {
    switch self {
    // Without its plus, as the acquirer spells it, it might be an order's number: a phone's field must hold it.
    case .phone(let phone): [MessageMark(value: phone), MessageMark(value: word, field: "phone")]
    case .email(let email): [MessageMark(value: email)]
    case .customer, .link: []
    }
  }
}

extension LinkTerms {
  /// Without what says who pays. The receipt stays: a refund may need it.
  func withoutPayer(metadata isMetadataToo: Bool) -> LinkTerms {
    var terms = self
    terms.customer = Customer()
    for name in ["params", "loyalty", "freedom_id"] { terms.options.values[name] = nil }
    if isMetadataToo { terms.metadata = [:] }
    return terms
  }
}

extension LinkState {
  func withoutPayer() -> LinkState {
    var state = self
    for place in state.payments.indices { state.payments[place].card = nil }
    for place in state.operations.indices { state.operations[place].reason = nil }
    return state
  }
}
