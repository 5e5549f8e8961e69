/// What makes a repeated request the same request: who asks, under which key, for what.
package struct IdempotencyReference: Hashable, Sendable, Codable {
  /// The API key's name; keys are unique per API key.
  package var caller: String
  /// 1 to 255 visible ASCII characters, chosen by the caller.
  package var key: String
  /// Hex of SHA-256 over route and decoded body with sorted keys.
  package var fingerprint: String

  package init(caller: String, key: String, fingerprint: String) {
    self.caller = caller
    self.key = key
    self.fingerprint = fingerprint
  }
}

/// What is kept under an idempotency key: the object it made or, for a refusal, the refusal.
package struct IdempotencyRecord: Hashable, Sendable, Codable {
  package var reference: IdempotencyReference
  package var at: Timestamp
  package var link: LinkID
  /// The operation that it asked for, where it asked for one.
  package var operation: OperationID?
  package var refusal: Refusal?

  package init(reference: IdempotencyReference, at: Timestamp, link: LinkID, operation: OperationID? = nil, refusal: Refusal? = nil) {
    self.reference = reference
    self.at = at
    self.link = link
    self.operation = operation
    self.refusal = refusal
  }
}

/// A "no" that is answered again to a repeat.
package enum Refusal: Hashable, Sendable, Codable {
  /// The order has a live link already.
  case orderHasLink(LinkID, LinkStatus)
  /// The link's status does not allow it.
  case wrongState(LinkStatus)
  /// More than what was captured and is not given back, in minor units.
  case amountExceedsCaptured(left: Int64)
  /// More than what is held, in minor units.
  case amountExceedsAuthorized(left: Int64)
  /// The acquirer said no to this order.
  case acquirerRefused(AcquirerRefusal)
  /// The acquirer said no to us: our configuration is at fault.
  case acquirerMisconfigured(AcquirerRefusal)
}
