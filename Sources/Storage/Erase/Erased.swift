package import Payments

/// In how many rows something was taken out, or would be, and of which links.
package struct Erased: Hashable, Sendable {
  package var links = 0
  package var payments = 0
  package var operations = 0
  package var events = 0
  package var messages = 0
  package var metadata = 0
  /// Of which all is erased. What comes for one of them later is found by its name alone.
  package var erasedLinks: [LinkID] = []
  /// Theirs too, and left as they are: run again when they have ended.
  package var openLinks: [OpenLink] = []

  mutating func add(_ other: Erased) {
    links += other.links
    payments += other.payments
    operations += other.operations
    events += other.events
    messages += other.messages
    metadata += other.metadata
    erasedLinks += other.erasedLinks
    openLinks += other.openLinks
  }
}

/// A link that is not erased while it is `creating` or `active`: what the acquirer is sent for its page must stay the same every time (`PaymentLink.pageRequest`).
package struct OpenLink: Hashable, Sendable {
  package var id: LinkID
  package var expiresAt: Timestamp
}
