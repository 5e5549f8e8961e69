/// A link may live longer than a page of the acquirer's: then it opens fresh pages, one after the other and never two payable at once (design §4.3, §4.4).
///
/// Each page is for a payment of its own. While a page is being opened its payment has no number yet: `pending` while the call is under way, `unknown` when nobody
/// knows its end. The payment's place under the link makes the call's idempotency key, so that the same opening is always the same call, and the next another.
extension PaymentLink {
  /// What a payer who comes by the short address finds.
  package enum Door: Hashable, Sendable {
    /// The page can be paid: its address.
    case open(String)
    /// The page is over, and a fresh one may be opened.
    case renewable
    /// A fresh page is being opened.
    case opening
    /// Somebody is paying, or nobody knows whether: the door stays shut until that is known.
    case paying
    /// No page, and none to come.
    case shut
  }

  /// The rules, for a link that is active.
  /// - Parameter shortest: the shortest that a page can live; a link with less time left opens none.
  package func door(at now: Timestamp, timing: Timing, shortest: Duration) -> Door {
    guard status == .active, now < expiresAt else { return .shut }
    if let page, now < page.expiresAt { return .open(page.url) }
    if freshOpening != nil { return .opening }
    let isUnclear = payments.contains { payment in
      payment.status == .unknown || payment.status.hasMoney || payment.checkedAt.map { now - $0 < timing.checkHold } ?? false
    }
    if isUnclear { return .paying }
    guard let page, expiresAt - now >= shortest, payments.count < Self.mostPayments else { return .shut }
    // The acquirer counts the page's life from when it opened it, which was up to a call later than we asked.
    guard now >= page.expiresAt + timing.pageTolerance else { return .opening }
    if let refused = refusedOpening, now < refused.changedAt + timing.freshPageEvery { return .shut }
    return .renewable
  }

  /// Payments of one link: 90 days are 13 pages, and the rest are refused ones.
  static let mostPayments = 50

  /// The payment whose fresh page is being opened.
  package var freshOpening: Payment? {
    payments.last { $0.ordinal > 1 && $0.id == nil && ($0.status == .pending || $0.status == .unknown) }
  }

  /// The newest payment, where the acquirer would not open its page.
  private var refusedOpening: Payment? { payments.last.flatMap { $0.id == nil && $0.status == .failed && !$0.wasNotSent ? $0 : nil } }

  /// Takes the right to open a fresh page.
  /// - Returns: the payment that it is for.
  mutating func beginFreshPage(at now: Timestamp) -> Payment {
    // What never left was no opening: its place, and so its key, is used again.
    if let place = payments.indices.last, payments[place].wasNotSent {
      payments[place] = Payment(ordinal: payments[place].ordinal, createdAt: now)
    } else {
      payments.append(Payment(ordinal: payments.count + 1, createdAt: now))
    }
    openings = 1
    sequence += 1
    scheduleLook(after: now)
    return payments[payments.count - 1]
  }

  /// The call that opens the page of this payment: the same every time.
  func freshPageRequest(for payment: Payment, now: Timestamp, longest: Duration, shortest: Duration) -> PageRequest {
    PageRequest(
      link: self, idempotencyKey: "\(id.text)-\(payment.ordinal)", lifetime: max(shortest, min(expiresAt - payment.createdAt, longest)),
      now: now)
  }

  /// When Reconcile looks after a fresh opening whose end nobody told: again and again until it has one.
  func freshOpeningLook(after now: Timestamp) -> Timestamp? {
    guard let opening = freshOpening else { return nil }
    // A call's usual limit, and the usual wait after it.
    let every: Duration = .seconds(80)
    let passed = max(0, (now - opening.createdAt).wholeMilliseconds / every.wholeMilliseconds)
    return opening.createdAt + every * Int(passed + 1)
  }
}

extension Payment {
  /// Its page was never asked for: no byte left.
  var wasNotSent: Bool { id == nil && status == .failed && failure?.code == Self.notSent }

  static let notSent = "not_sent"

  /// Whether its page, of which nobody ever tried to pay, has been over for a week: a page lives 7 days, and a link of 90 has many of them to ask about.
  func isLongOver(at now: Timestamp) -> Bool {
    (status == .pending || status == .failed) && checkedAt == nil && now >= createdAt + .days(15)
  }
}
