import Payments
import Synchronization
import Testing

/// What every `Store` does, whatever engine is behind it.
@Suite("Store") struct StoreBehaviourTests {
  @Test("gives back every member of a link as it was written", arguments: Engine.all)
  func roundTrip(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let full = Sample.full
      let bare = Sample.link("B", status: .creating)
      try await store.insert(full)
      try await store.insert(bare)
      #expect(try await store.link(full.id) == full)
      #expect(try await store.link(bare.id) == bare)
      #expect(try await store.link(by: .client, full.tokens.client) == full)
      #expect(try await store.link(by: .short, full.tokens.short) == full)
      #expect(try await store.link(by: .return, full.tokens.return) == full)
      #expect(try await store.link(by: .short, full.tokens.client) == nil)
      #expect(try await store.link(LinkID(at: Sample.start)) == nil)
    }
  }

  @Test("takes every status, flag and event kind that there is", arguments: Engine.all)
  func everyWord(_ engine: Engine) async throws {
    try await engine.withStore { store in
      for (index, status) in LinkStatus.allCases.enumerated() {
        let payments = PaymentStatus.allCases.enumerated().map { Sample.attempt($1, ordinal: $0 + 1) }
        let link = Sample.link("S\(index)", status: status, payments: payments)
        try await store.insert(link)
        #expect(try await store.link(link.id) == link)
      }
      for flag in Flag.allCases {
        let link = Sample.link("F\(flag.rawValue)", payments: [Sample.attempt(flags: [flag])])
        try await store.insert(link)
        #expect(try await store.link(link.id)?.payments.first?.flags == [flag])
      }
      var link = Sample.link("O", payments: [Sample.attempt(.paid, amount: 9000, captured: 5000)])
      for kind in Operation.Kind.allCases {
        for status in Operation.Status.allCases { link.operations.append(Sample.operation(kind, 1, status: status)) }
      }
      link.operations.append(Sample.operation(1, origin: .acquirer))
      try await store.insert(link)
      #expect(try await store.link(link.id) == link)
    }
  }

  @Test("writes every change of a link, back to nothing too", arguments: Engine.all)
  func update(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let full = Sample.full
      let bare = PaymentLink(
        id: full.id, merchant: full.merchant, order: full.order, terms: full.terms, tokens: full.tokens, createdAt: full.createdAt,
        expiresAt: full.expiresAt, status: .creating, sequence: 0, page: nil, payments: [], seenAt: nil, acceptedAt: nil, canceledAt: nil,
        openings: 0, askedAt: nil, nextLookAt: nil)
      try await store.insert(bare)
      try await store.change(bare) { $0 = full }
      #expect(try await store.link(full.id) == full)
      var emptied = bare
      emptied.payments = [Sample.attempt(), Sample.attempt(ordinal: 2)]
      emptied.operations = full.operations.map {
        Operation(
          id: $0.id, kind: $0.kind, payment: $0.payment, amount: $0.amount, origin: $0.origin, requestedAt: $0.requestedAt, status: .failed)
      }
      let expected = emptied
      try await store.change(bare) { $0 = expected }
      #expect(try await store.link(full.id) == expected)
    }
  }

  @Test("finds a scope's links by id, order and payment, each once, newest first, of its merchant only", arguments: Engine.all)
  func scopes(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let old = Sample.link("A", at: Sample.at(1), status: .failed, payments: [Sample.attempt(number: 11)])
      let new = Sample.link("A", at: Sample.at(3), payments: [Sample.attempt(number: 12)])
      let other = Sample.link("B", at: Sample.at(2), payments: [Sample.attempt(number: 13)])
      let foreign = Sample.link("A", merchant: Sample.merchant("other"), at: Sample.at(4), payments: [Sample.attempt(number: 12)])
      for link in [old, new, other, foreign] { try await store.insert(link) }
      func found(_ scope: Scope) async throws -> [LinkID] { try await store.read(scope).links.map(\.id) }
      let shop = Sample.shop
      #expect(try await found(Scope(merchant: shop)) == [])
      #expect(try await found(Scope(merchant: shop, link: old.id)) == [old.id])
      #expect(try await found(Scope(merchant: shop, link: foreign.id)) == [])
      #expect(try await found(Scope(merchant: shop, order: old.order)) == [new.id, old.id])
      #expect(try await found(Scope(merchant: shop, payment: Sample.payment(12))) == [new.id])
      #expect(try await found(Scope(merchant: shop, payment: Sample.payment(99))) == [])
      #expect(
        try await found(Scope(merchant: shop, link: other.id, order: old.order, payment: Sample.payment(12))) == [new.id, other.id, old.id])
    }
  }

  @Test("lets a unit see what the unit before it wrote", arguments: Engine.all)
  func unitsSeeEachOther(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let link = Sample.link("A")
      try await store.insert(link)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<100 { group.addTask { try await store.change(link) { $0.openings += 1 } } }
        try await group.waitForAll()
      }
      #expect(try await store.link(link.id)?.openings == 101)
    }
  }

  @Test("runs a unit again when a live link has its order's place, a bounded number of times", arguments: Engine.all)
  func conflict(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let first = Sample.link("A")
      try await store.insert(first)
      let runs = Counter()
      let id = try await store.perform(
        Work(Scope(merchant: Sample.shop)) { _ in
          let link = Sample.link(runs.next() < 3 ? "A" : "B")
          var changes = Changes()
          changes.inserted = link
          return Decision(link.id, changes)
        })
      #expect(runs.value == 3)
      #expect(try await store.link(id)?.order == Sample.order("B"))

      let stubborn = Counter()
      await #expect(throws: StoreError.self) {
        try await store.perform(
          Work(Scope(merchant: Sample.shop)) { _ in
            _ = stubborn.next()
            var changes = Changes()
            changes.inserted = Sample.link("A")
            return Decision((), changes)
          })
      }
      #expect(stubborn.value == 3)
      #expect(try await store.read(Scope(merchant: Sample.shop, order: first.order)).links == [first])
    }
  }

  @Test("keeps one link that holds an order, and gives the place free with its end", arguments: Engine.all)
  func oneLiveLink(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let first = Sample.link("A", at: Sample.at(1), payments: [Sample.attempt()])
      try await store.insert(first)
      await #expect(throws: StoreError.self) { try await store.insert(Sample.link("A", at: Sample.at(2))) }
      try await store.insert(Sample.link("A", merchant: Sample.merchant("other")))
      try await store.insert(Sample.link("A", at: Sample.at(2), status: .failed))
      try await store.change(first) { $0.status = .expired }
      let second = Sample.link("A", at: Sample.at(3))
      try await store.insert(second)
      // Late money for the first: it is live again beside the second, and nothing of it may be lost.
      let paid = Sample.attempt(.paid, number: 7, amount: 100, captured: 100, flags: [.late])
      try await store.change(first) {
        $0.status = .review
        $0.payments = [paid]
      }
      #expect(try await store.link(first.id)?.payments == [paid])
      try await store.change(second) { $0.status = .canceled }
      // The first is still live, and takes the place with its next change.
      try await store.change(first) { $0.sequence += 1 }
      await #expect(throws: StoreError.self) { try await store.insert(Sample.link("A", at: Sample.at(4))) }
    }
  }

  @Test("keeps, replaces and forgets what stands under an idempotency key", arguments: Engine.all)
  func idempotency(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let reference = IdempotencyReference(caller: "shop", key: "k 1", fingerprint: "aa")
      let scope = Scope(merchant: Sample.shop, idempotency: reference)
      let refusals: [Refusal?] = [
        nil, .orderHasLink(LinkID(at: Sample.start), .active), .wrongState(.completed), .amountExceedsCaptured(left: 5),
        .amountExceedsAuthorized(left: 6),
        .acquirerRefused(.init(kind: .refused, code: "1", description: "no")),
        .acquirerMisconfigured(.init(kind: .misconfigured, code: "2", description: "нет")),
      ]
      for (index, refusal) in refusals.enumerated() {
        let record = IdempotencyRecord(
          reference: reference, at: Sample.at(1), link: LinkID(at: Sample.start),
          operation: index.isMultiple(of: 2) ? OperationID(.capture, at: Sample.start) : nil, refusal: refusal)
        try await store.perform(
          Work(scope) { _ in
            var changes = Changes()
            changes.idempotency = record
            return Decision((), changes)
          })
        #expect(try await store.read(scope).idempotency == record)
      }
      var other = scope
      other.idempotency?.fingerprint = "bb"
      #expect(try await store.read(other).idempotency?.reference == reference)
      other.idempotency?.caller = "other"
      #expect(try await store.read(other).idempotency == nil)
      try await store.perform(
        Work(scope) { _ in
          var changes = Changes()
          changes.forgottenIdempotency = reference
          return Decision((), changes)
        })
      #expect(try await store.read(scope).idempotency == nil)
    }
  }

  @Test("remembers the first verdict on a result, of each merchant for itself, and only where it is asked to", arguments: Engine.all)
  func answerMemory(_ engine: Engine) async throws {
    try await engine.withStore { store in
      func keep(_ verdict: Verdict?, digest: String, isRemembered: Bool = true, merchant: MerchantName = Sample.shop) async throws {
        let record = MessageRecord(
          at: Sample.start, merchant: merchant, source: .result, paymentID: Sample.payment(1), order: nil, link: nil, reading: .orphan,
          verdict: verdict, isRemembered: isRemembered, evidence: Evidence(message: "{}", digest: digest))
        try await store.perform(
          Work(Scope(merchant: merchant)) { _ in
            var changes = Changes()
            changes.message = record
            return Decision((), changes)
          })
      }
      func answer(_ digest: String, _ merchant: MerchantName = Sample.shop) async throws -> Verdict? {
        try await store.read(Scope(merchant: merchant, answerDigest: digest)).answer
      }
      try await keep(.reject(reason: "zu spät"), digest: "d1")
      try await keep(.accept, digest: "d1")
      try await keep(.accept, digest: "d2", isRemembered: false)
      try await keep(nil, digest: "d3")
      try await keep(.error(reason: "?"), digest: "d1", merchant: Sample.merchant("other"))
      #expect(try await answer("d1") == .reject(reason: "zu spät"))
      #expect(try await answer("d2") == nil)
      #expect(try await answer("d3") == nil)
      #expect(try await answer("d1", Sample.merchant("other")) == .error(reason: "?"))
    }
  }

  @Test("gives a link's events in the order of their sequence, each with the link as it stood", arguments: Engine.all)
  func events(_ engine: Engine) async throws {
    try await engine.withStore { store in
      var link = Sample.full
      link.sequence = 2
      let late = Event(kind: .linkReview, at: Sample.at(2), merchant: link.merchant, link: link)
      link.sequence = 1
      link.payments = [Sample.attempt()]
      link.operations = []
      link.page = nil
      let early = Event(kind: .linkActive, at: Sample.at(1), merchant: link.merchant, link: link)
      let anomaly = Event(kind: .paymentAnomaly, at: Sample.at(1), merchant: link.merchant, link: link)
      let again = Event(kind: .paymentAnomaly, at: Sample.at(1), merchant: link.merchant, link: link)
      let orphan = Event(kind: .paymentOrphaned, at: Sample.at(3), merchant: link.merchant, link: nil)
      try await store.insert(link, events: [late, early, anomaly, again, orphan])
      #expect(try await store.events(of: link.id) == [early, anomaly, again, late])
      #expect(try await store.events(of: LinkID(at: Sample.start)) == [])
    }
  }

  @Test("takes no half of a unit: a rule that is broken at the end takes back the beginning", arguments: Engine.all)
  func allOrNothing(_ engine: Engine) async throws {
    let broken: [(String, Payment)] = [
      ("captured more than the amount", Sample.attempt(.paid, amount: 100, captured: 101)),
      ("captured without an amount", Sample.attempt(.paid, captured: 1)),
      ("refunded more than captured", Sample.attempt(.refunded, amount: 100, captured: 50, refunded: 51)),
      ("a negative amount", Sample.attempt(.paid, amount: -1, captured: -1)),
      ("less than nothing captured", Sample.attempt(.paid, amount: 100, captured: -1)),
      ("less than nothing refunded", Sample.attempt(.paid, amount: 100, captured: 100, refunded: -1)),
      ("no place under the link", Sample.attempt(ordinal: 0)),
      ("the number of another link's payment", Sample.attempt(number: 1)),
    ]
    try await engine.withStore { store in
      try await store.insert(Sample.link("taken", payments: [Sample.attempt(number: 1)]))
      let link = Sample.link("A", payments: [Sample.attempt(.paid, amount: 100, captured: 100, refunded: 100)])
      try await store.insert(link)
      for (name, payment) in broken {
        await #expect(throws: StoreError.self, "\(name)") {
          try await store.change(link) {
            $0.status = .completed
            $0.payments = payment.ordinal == 1 ? [payment] : $0.payments + [payment]
          }
        }
        #expect(try await store.link(link.id) == link, "\(name)")
        await #expect(throws: StoreError.self, "\(name)") { try await store.insert(Sample.link("new", payments: [payment])) }
      }
      #expect(try await store.read(Scope(merchant: Sample.shop, order: Sample.order("new"))).links.isEmpty)
    }
  }

  @Test("changes only links that the unit has read, and never takes a payment away", arguments: Engine.all)
  func changesWhatItRead(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let link = Sample.link("A", payments: [Sample.attempt()])
      try await store.insert(link)
      await #expect(throws: StoreError.self) {
        try await store.perform(
          Work(Scope(merchant: Sample.shop)) { _ in
            var changes = Changes()
            changes.updated = [link]
            return Decision((), changes)
          })
      }
      await #expect(throws: StoreError.self) { try await store.change(link) { $0.payments = [] } }
      #expect(try await store.link(link.id) == link)
      let asked = Sample.link("B", payments: Sample.full.payments, operations: Sample.full.operations)
      try await store.insert(asked)
      await #expect(throws: StoreError.self) { try await store.change(asked) { $0.operations.removeLast() } }
      await #expect(throws: StoreError.self) { try await store.change(asked) { $0.operations.swapAt(0, 1) } }
      #expect(try await store.link(asked.id) == asked)
    }
  }

  @Test("answers a unit that changes nothing", arguments: Engine.all)
  func readOnly(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let outcome = try await store.perform(Work(Scope(merchant: Sample.shop)) { _ in Decision(42) })
      #expect(outcome == 42)
      #expect(await store.health())
    }
  }

  @Test("finishes a unit whose caller has gone", arguments: Engine.all)
  func cancellation(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let link = Sample.link("A")
      let task = Task {
        // The task cancels itself, so that it surely is canceled when it calls.
        unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
        try await store.insert(link)
        return try await store.link(link.id)
      }
      let stored = try await task.value
      #expect(stored == link)
    }
  }
}

/// Counts from any thread.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  var value: Int { count.load(ordering: .relaxed) }

  func next() -> Int { count.add(1, ordering: .relaxed).newValue }

  func add(_ number: Int) { count.add(number, ordering: .relaxed) }
}
