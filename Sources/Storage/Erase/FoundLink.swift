import Payments

/// A payer's link before anything of it is erased.
struct FoundLink: Sendable {
  let id: LinkID
  let merchant: String
  let status: LinkStatus
  let expiresAt: Timestamp
  /// The acquirer's numbers of its payments.
  let numbers: [Int64]

  /// Whether its page may still be opened, with all that its terms say. A link that has ended never opens one again.
  var isOpen: Bool { status == .creating || status == .active }
}

/// By what messages are known as a payer's, beside their own text.
struct FoundMessages: Sendable {
  /// The acquirer's number of a payment, which is of one merchant.
  struct Payment: Hashable, Sendable {
    let merchant: String
    let number: Int64
  }

  private(set) var links: Set<String> = []
  private(set) var payments: Set<Payment> = []

  init(of found: [FoundLink]) {
    for link in found {
      links.insert(link.id.text)
      for number in link.numbers { payments.insert(Payment(merchant: link.merchant, number: number)) }
    }
  }
}

/// Where a message stands in the order of time.
struct MessagePlace: Hashable, Sendable {
  var at = Int64.min
  var number: Int64 = 0
}
