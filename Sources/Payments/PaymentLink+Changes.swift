extension PaymentLink {
  /// A link as it is reserved: stored before anything is sent, with the payment that its page will be for.
  static func reserved(_ new: NewLink, isTest: Bool, at now: Timestamp, firstLook: Timestamp) -> PaymentLink {
    var terms = new.terms
    terms.isTest = terms.isTest || isTest
    return PaymentLink(
      id: LinkID(at: now), merchant: new.merchant, order: new.order, terms: terms, tokens: Tokens(), createdAt: now,
      expiresAt: now + terms.lifetime, status: .creating, sequence: 1, page: nil, payments: [Payment(ordinal: 1, createdAt: now)],
      seenAt: nil, acceptedAt: nil, canceledAt: nil, openings: 1, askedAt: nil, nextLookAt: firstLook)
  }

  /// The request for its page. It is the same every time, so that the acquirer takes a repeat for a repeat.
  func pageRequest(now: Timestamp, longest: Duration) -> PageRequest {
    PageRequest(link: self, idempotencyKey: "\(id.text)-1", lifetime: min(terms.lifetime, longest), now: now)
  }

  /// The place of the payment with this number: one that has it, one that has none yet, or a new one.
  /// - Returns: its index, and whether a reader can see the difference.
  mutating func adopt(_ id: PaymentID?, at now: Timestamp) -> (index: Int, isNews: Bool) {
    if let id, let known = payments.firstIndex(where: { $0.id == id }) { return (known, false) }
    if let open = payments.firstIndex(where: { $0.id == nil }) {
      payments[open].id = id
      return (open, id != nil)
    }
    payments.append(Payment(ordinal: payments.count + 1, id: id, createdAt: now))
    return (payments.count - 1, true)
  }

  /// Sets the page that the acquirer opened. A link that is already further only gets the page filled in, and no payment's status that
  /// anybody reported is touched.
  mutating func open(_ page: PaymentPage, for id: PaymentID, at now: Timestamp) {
    _ = adopt(id, at: now)
    // Where an earlier call opened another one, nobody was given that one's address: it is watched, and holds nothing.
    for other in payments.indices where payments[other].status == .unknown && payments[other].amount == nil {
      payments[other].status = .pending
    }
    self.page = self.page ?? page
    if status == .creating { status = .active }
  }
}

extension Changes {
  /// Writes an event of the link as it stands now; its sequence grows with it.
  mutating func record(_ kind: Event.Kind, _ link: inout PaymentLink, at now: Timestamp) {
    link.sequence += 1
    events.append(Event(kind: kind, at: now, merchant: link.merchant, link: link))
  }
}
