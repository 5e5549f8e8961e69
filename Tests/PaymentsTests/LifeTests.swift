import Testing

@testable import Payments

/// Reserving, opening, recovering, canceling, expiring, accepting, looking: the rules beside settling.
@Suite struct LifeTests {
  let reference = IdempotencyReference(caller: "shop", key: "k1", fingerprint: "f1")
  let timing = Timing()

  func reserve(_ snapshot: Snapshot = Snapshot(), fingerprint: String = "f1", now: Timestamp = Example.start) -> Decision<
    ReserveLink.Outcome
  > {
    let new = NewLink(
      merchant: Example.merchant, order: try! OrderID("A1"), terms: LinkTerms(amount: .exactly(Example.money(1000)), description: "x"))
    return ReserveLink(
      new: new, isTest: false, idempotency: IdempotencyReference(caller: "shop", key: "k1", fingerprint: fingerprint), now: now,
      callLimit: .seconds(20), timing: timing
    ).decide(snapshot)
  }

  func reserved() throws -> (PaymentLink, IdempotencyRecord) {
    let changes = reserve().changes
    return (try #require(changes.inserted), try #require(changes.idempotency))
  }

  @Test("Reserving writes link, payment and key together")
  func reserving() throws {
    let (link, record) = try reserved()
    #expect(link.status == .creating)
    #expect(link.sequence == 1)
    #expect(link.payments.map(\.status) == [.pending])
    #expect(record.link == link.id)
    #expect(Set([link.tokens.client, link.tokens.short, link.tokens.return]).count == 3)
  }

  @Test("The key replays the same body, refuses another, and says when the first is under way")
  func replaying() throws {
    let (link, record) = try reserved()
    var snapshot = Snapshot(links: [link], idempotency: record)
    guard case .inProgress(let retryAfter) = reserve(snapshot, now: Example.start + .seconds(5)).outcome else {
      Issue.record("a create under way is in progress")
      return
    }
    #expect(retryAfter == .seconds(20))
    guard case .replayed = reserve(snapshot, now: Example.start + .seconds(25)).outcome else {
      Issue.record("after the call's limit and 5 s it is replayed as it stands")
      return
    }
    guard case .keyReused = reserve(snapshot, fingerprint: "f2").outcome else {
      Issue.record("another body")
      return
    }
    snapshot.links[0].status = .active
    guard case .replayed(let found) = reserve(snapshot).outcome else {
      Issue.record("replayed")
      return
    }
    #expect(found.id == link.id)
    snapshot.idempotency?.at = Example.start - .days(8)
    guard case .refused(.orderHasLink, false) = reserve(snapshot).outcome else {
      Issue.record("after 8 days the key is forgotten")
      return
    }
  }

  @Test("An order has one live link", arguments: LinkStatus.allCases)
  func oneLive(status: LinkStatus) throws {
    let standing = Example.link(status: status)
    let decision = reserve(Snapshot(links: [standing]))
    let isLive = [.creating, .active, .completed, .review].contains(status)
    #expect(standing.isLive == isLive)
    if isLive {
      guard case .refused(.orderHasLink(let id, let said), false) = decision.outcome else {
        Issue.record("refused")
        return
      }
      #expect(id == standing.id)
      #expect(said == status)
      #expect(decision.changes.idempotency?.refusal != nil)
    } else {
      #expect(decision.changes.inserted != nil)
    }
  }

  @Test("An ended link with an unknown or held payment still takes the order's place")
  func unknownIsLive() {
    for status in [PaymentStatus.unknown, .authorized] {
      var link = Example.link(status: .expired)
      link.payments[0].status = status
      #expect(link.isLive)
    }
  }

  func recordOpening(_ answer: PageAnswer, _ link: PaymentLink, create: Bool = true) -> Decision<PaymentLink> {
    let decision = RecordOpening(
      merchant: link.merchant, link: link.id, order: link.order, answer: answer, idempotency: create ? reference : nil, now: Example.start,
      timing: timing
    ).decide(Snapshot(links: [link]))
    guard let stored = decision.outcome else { preconditionFailure("the link is there") }
    return Decision(stored, decision.changes)
  }

  let page = PaymentPage(url: "https://pay.example/1", expiresAt: Example.start + .days(1))

  @Test("An opened page makes the link active")
  func opened() throws {
    let decision = recordOpening(.opened(try PaymentID(7), page), try reserved().0)
    #expect(decision.outcome.status == .active)
    #expect(decision.outcome.sequence == 2)
    #expect(decision.outcome.payments.map(\.id) == [try PaymentID(7)])
    #expect(decision.changes.events.map(\.kind) == [.linkActive])
    #expect(decision.outcome.nextLookAt == decision.outcome.expiresAt + .minutes(1))
  }

  @Test("A link that a callback brought further only gets its page filled in")
  func openedLate() throws {
    let (link, _) = try reserved()
    let paid = try #require(Example.settle(Example.report(link: link.id), [link]).outcome.link)
    let decision = recordOpening(.opened(try PaymentID(7), page), paid)
    #expect(decision.outcome.status == .completed)
    #expect(decision.outcome.payments.map(\.status) == [.paid])
    #expect(decision.outcome.page == page)
    let refused = recordOpening(.refused(AcquirerRefusal(kind: .refused, code: "1", description: "no")), paid)
    #expect(refused.outcome.status == .completed)
  }

  @Test("An unclear answer leaves the link creating and the payment unknown")
  func unclear() throws {
    let decision = recordOpening(.unknown("timeout"), try reserved().0)
    #expect(decision.outcome.status == .creating)
    #expect(decision.outcome.payments.map(\.status) == [.unknown])
    #expect(decision.outcome.nextLookAt != nil)
    #expect(decision.changes.idempotency == nil)
  }

  @Test("A refusal fails the link, is kept under the key, and frees the order")
  func refused() throws {
    let refusal = AcquirerRefusal(kind: .misconfigured, code: "9998", description: "signature")
    let decision = recordOpening(.refused(refusal), try reserved().0)
    #expect(decision.outcome.status == .failed)
    #expect(!decision.outcome.isLive)
    #expect(decision.changes.idempotency?.refusal == .acquirerMisconfigured(refusal))
    #expect(decision.changes.events.map(\.kind) == [.linkFailed])
  }

  @Test("What was never sent frees order and key; in a recovery it only waits")
  func notSent() throws {
    let link = try reserved().0
    let create = recordOpening(.notSent(.unreachable("refused")), link)
    #expect(create.outcome.status == .failed)
    #expect(create.changes.forgottenIdempotency == reference)
    #expect(recordOpening(.notSent(.overloaded), link, create: false).outcome.status == .creating)
  }

  @Test("A page is opened again after the call's limit and a minute, three times in all, then the order is free")
  func reopening() throws {
    var link = try reserved().0
    func claim(after seconds: Int) -> ClaimOpening.Outcome {
      let decision = ClaimOpening(link: link, now: Example.start + .seconds(seconds), callLimit: .seconds(20), timing: timing)
        .decide(Snapshot(links: [link]))
      if let changed = decision.changes.updated.first { link = changed }
      return decision.outcome
    }
    guard case .wait = claim(after: 79) else {
      Issue.record("too early")
      return
    }
    guard case .open = claim(after: 80) else {
      Issue.record("second opening")
      return
    }
    guard case .wait = claim(after: 159) else {
      Issue.record("too early")
      return
    }
    guard case .open = claim(after: 160) else {
      Issue.record("third opening")
      return
    }
    guard case .givenUp = claim(after: 240) else {
      Issue.record("given up")
      return
    }
    #expect(link.status == .failed)
    #expect(!link.isLive)
  }

  @Test("Only an active link is canceled; canceling twice is once", arguments: LinkStatus.allCases)
  func canceling(status: LinkStatus) {
    let link = Example.link(status: status)
    let decision = DecideCancel(merchant: Example.merchant, link: link.id, options: .init(), idempotency: reference, now: Example.start)
      .decide(Snapshot(links: [link]))
    switch status {
    case .active:
      guard case .canceled(let canceled) = decision.outcome else {
        Issue.record("canceled")
        return
      }
      #expect(canceled.status == .canceled)
      #expect(decision.changes.events.map(\.kind) == [.linkCanceled])
    case .canceled:
      guard case .canceled = decision.outcome else {
        Issue.record("canceled already")
        return
      }
      #expect(decision.changes.events.isEmpty)
    default:
      guard case .refused(.wrongState(status), false) = decision.outcome else {
        Issue.record("refused")
        return
      }
      #expect(decision.changes.idempotency?.refusal == .wrongState(status))
    }
  }

  @Test("A person accepts what is under review, once")
  func accepting() throws {
    let flagged = try #require(Example.settle(Example.report(amount: 1001), [Example.link()]).outcome.link)
    func accept(_ link: PaymentLink) -> Decision<AcceptPayment.Outcome> {
      DecideAccept(merchant: Example.merchant, link: link.id, now: Example.start).decide(Snapshot(links: [link]))
    }
    let decision = accept(flagged)
    guard case .accepted(let link) = decision.outcome else {
      Issue.record("accepted")
      return
    }
    #expect(link.status == .completed)
    #expect(link.payments[0].flags == [.over])
    #expect(decision.changes.events.map(\.kind) == [.linkCompleted])
    #expect(accept(link).changes.events.isEmpty)
    guard case .refused(.wrongState(.active)) = accept(Example.link()).outcome else {
      Issue.record("nothing to accept")
      return
    }
  }

  @Test("A link ends at its time, and only while it waits")
  func expiring() {
    let link = Example.link()
    func expire(_ link: PaymentLink, at now: Timestamp) -> Decision<Bool> {
      ExpireLink(link: link, now: now).decide(Snapshot(links: [link]))
    }
    #expect(!expire(link, at: link.expiresAt - .milliseconds(1)).outcome)
    #expect(expire(link, at: link.expiresAt).changes.events.map(\.kind) == [.linkExpired])
    #expect(!expire(Example.link(status: .completed), at: link.expiresAt).outcome)
  }

  @Test("A link that was seen is looked at after 1, 2, 5, 10, 30 minutes, hourly, and after its end; one nobody opened, after its end only")
  func looking() {
    var link = Example.link()
    link.scheduleLook(after: Example.start)
    #expect(link.nextLookAt == link.expiresAt + .minutes(1))
    link.seenAt = Example.start
    var times: [Duration] = []
    var now = Example.start
    while times.count < 6 {
      link.scheduleLook(after: now)
      now = link.nextLookAt ?? now
      times.append(now - Example.start)
    }
    #expect(times == [1, 2, 5, 10, 30, 90].map { .minutes($0) })
    link.scheduleLook(after: link.expiresAt + .minutes(30))
    #expect(link.nextLookAt == link.expiresAt + .minutes(130))
    link.scheduleLook(after: link.expiresAt + .days(7))
    #expect(link.nextLookAt == nil)
  }

  @Test("The payer's return asks at most once in ten seconds")
  func returning() throws {
    let link = Example.link()
    func claim(_ link: PaymentLink, at now: Timestamp) -> PaymentLink? {
      ClaimAsking(link: link, now: now, every: .seconds(10)).decide(Snapshot(links: [link])).outcome
    }
    let claimed = try #require(claim(link, at: Example.start))
    #expect(claim(claimed, at: Example.start + .milliseconds(9999)) == nil)
    #expect(claim(claimed, at: Example.start + .seconds(10)) != nil)
  }

  @Test("A page under another number frees the first one from 'nobody knows': nobody was given its address")
  func openedUnderAnotherNumber() throws {
    var link = try reserved().0
    link.payments[0].status = .unknown
    link.payments[0].id = try PaymentID(7)
    var opened = recordOpening(.opened(try PaymentID(8), page), link, create: false).outcome
    #expect(opened.payments.map(\.status) == [.pending, .pending])
    #expect(opened.status == .active)
    opened.status = .expired
    #expect(!opened.isLive, "the order is free once the link ended")
  }

  @Test("A page whose payment another link has is not believed")
  func openedWithAnothersPayment() throws {
    let link = try reserved().0
    let other = Example.link(status: .expired)
    let decision = RecordOpening(
      merchant: link.merchant, link: link.id, order: link.order, answer: .opened(try PaymentID(7), page), idempotency: reference,
      now: Example.start, timing: timing
    ).decide(Snapshot(links: [link, other]))
    #expect(decision.outcome?.status == .creating)
    #expect(decision.outcome?.payments.map(\.status) == [.unknown])
    #expect(decision.outcome?.payments.map(\.id) == [nil])
    #expect(decision.changes.events.map(\.kind) == [.paymentAnomaly])
    #expect(decision.changes.updated.map(\.id) == [link.id])
  }

  @Test("A link in creation ends at the latest when its own time is over")
  func creatingEnds() throws {
    var link = try reserved().0
    link.openings = 1
    func claim(at now: Timestamp) -> ClaimOpening.Outcome {
      ClaimOpening(link: link, now: now, callLimit: .seconds(20), timing: timing).decide(Snapshot(links: [link])).outcome
    }
    guard case .open = claim(at: link.expiresAt - .milliseconds(1)) else {
      Issue.record("before its end it is tried again")
      return
    }
    guard case .givenUp = claim(at: link.expiresAt) else {
      Issue.record("from its end on it is given up")
      return
    }
  }
}
