/// The short name of a place of the shop's that is told of events: ours, in settings, lists and logs.
package struct EndpointName: TextValue {
  package let text: String

  package init(_ text: String) throws(InvalidValue) {
    guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy({ Alphabet.lower.contains($0) || $0 == UInt8(ascii: "-") }) else {
      throw InvalidValue("must be 1 to 32 of a-z, 0-9 and -")
    }
    self.text = text
  }
}

/// A place of the shop's that is told of events, as the rules need it. Its address and secrets are the courier's.
package struct Endpoint: Hashable, Sendable {
  package var name: EndpointName
  /// Whose events it is told of.
  package var merchants: Set<MerchantName>
  package var patterns: [EventPattern]
  /// A digest of the address: another address is another endpoint.
  package var address: String

  package init(name: EndpointName, merchants: Set<MerchantName>, patterns: [EventPattern], address: String) {
    self.name = name
    self.merchants = merchants
    self.patterns = patterns
    self.address = address
  }

  package func wants(_ kind: Event.Kind, of merchant: MerchantName) -> Bool {
    merchants.contains(merchant) && patterns.contains { $0.matches(kind) }
  }
}

/// Which events: `*` for all, `payment.*` for a group, `payment.paid` for one.
package struct EventPattern: Hashable, Sendable {
  package let text: String

  package init(_ text: String) throws(InvalidValue) {
    let kinds = Event.Kind.allCases.map(\.rawValue)
    let isKnown = text == "*" || kinds.contains(text) || (text.hasSuffix(".*") && kinds.contains { $0.hasPrefix(text.dropLast()) })
    guard isKnown else { throw InvalidValue("must be *, a group such as payment.*, or a type such as payment_link.completed") }
    self.text = text
  }

  package func matches(_ kind: Event.Kind) -> Bool {
    text == "*" || text == kind.rawValue || (text.hasSuffix(".*") && kind.rawValue.hasPrefix(text.dropLast()))
  }
}

/// What is known of an endpoint beside its settings.
package struct EndpointState: Hashable, Sendable {
  package var name: EndpointName
  package var breaker: Breaker
  /// Since it answered that it is gone; nothing is sent to it until somebody enables it, or its address changes.
  package var disabledAt: Timestamp?
  package var waiting: Int
  package var dead: Int

  package init(name: EndpointName, breaker: Breaker, disabledAt: Timestamp?, waiting: Int, dead: Int) {
    self.name = name
    self.breaker = breaker
    self.disabledAt = disabledAt
    self.waiting = waiting
    self.dead = dead
  }
}
