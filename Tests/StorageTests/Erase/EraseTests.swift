import Payments
import Testing

@testable import Storage

/// One payer's data taken out of the books.
@Suite("Erase") struct EraseTests {
  /// Two payers: one to erase, one to leave.
  private func fill(_ store: any BookStore) async throws -> (ours: PaymentLink, theirs: PaymentLink) {
    let (ours, theirs) = (PayerBooks.theirs("A", number: 5), PayerBooks.others("B", number: 6))
    for link in [ours, theirs] { try await store.insertWithMessages(link) }
    return (ours, theirs)
  }

  @Test("leaves no trace of the payer and all of the money, finds nothing a second time, and touches nobody else", arguments: Engine.all)
  func erases(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let (ours, theirs) = try await fill(store)
      let whole = Erased(links: 1, payments: 1, operations: 1, events: 1, messages: 3, erasedLinks: [ours.id])
      let before = try await store.everything()
      for trace in PayerBooks.traces { #expect(before.contains(trace), "\(trace) is there to be erased") }
      #expect(try await store.erase(.phone(PayerBooks.phone), metadata: false, isDryRun: true) == whole)
      #expect(try await store.everything() == before)
      #expect(try await store.erase(.phone(PayerBooks.phone), metadata: false) == whole)
      let link = try #require(try await store.link(ours.id))
      #expect(link.terms.customer == Customer())
      #expect(link.terms.options.values.keys.sorted() == ["receipt"])
      #expect(link.terms.metadata == ours.terms.metadata)
      #expect(link.payments[0].card == nil && link.operations[0].reason == nil)
      #expect(link.payments[0].captured == 900 && link.operations[0].amount == ours.operations[0].amount && link.sequence == ours.sequence)
      #expect(try await store.events(of: ours.id).map(\.link?.payments[0].card) == [nil])
      let after = try await store.everything()
      for trace in PayerBooks.traces { #expect(!after.contains(trace), "\(trace)") }
      for trace in PayerBooks.neighbour { #expect(after.contains(trace), "\(trace) is somebody else's") }
      #expect(try await store.erase(.phone(PayerBooks.phone), metadata: false) == Erased())
      #expect(try await store.link(theirs.id) == theirs)
      #expect(try await store.events(of: theirs.id).map(\.link?.payments[0].card) == [theirs.payments[0].card])
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let payer: Payer
    let messages: Int
  }

  @Test(
    "finds a payer by any of their names, and metadata goes where it is asked to",
    arguments: [
      Case(testDescription: "customer", payer: .customer(PayerBooks.customer), messages: 2),
      Case(testDescription: "email", payer: .email(PayerBooks.email), messages: 2),
      Case(testDescription: "phone", payer: .phone(PayerBooks.phone), messages: 3),
    ], Engine.all)
  func names(_ test: Case, _ engine: Engine) async throws {
    try await engine.withStore { store in
      let (ours, theirs) = try await fill(store)
      let erased = try await store.erase(test.payer, metadata: true)
      #expect(
        erased == Erased(links: 1, payments: 1, operations: 1, events: 1, messages: test.messages, metadata: 1, erasedLinks: [ours.id]))
      let pair = MetadataPair(key: "cart", value: "A")
      #expect(try await store.links(LinkQuery(merchants: [Sample.shop], metadata: pair)).links.isEmpty)
      #expect(try await store.link(ours.id)?.terms.metadata == [:])
      let one = try await store.erase(.link(theirs.id), metadata: false)
      #expect(one == Erased(links: 1, payments: 1, operations: 0, events: 1, messages: 2, erasedLinks: [theirs.id]))
    }
  }

  @Test("by the link's name takes what came after the payer was erased: a late message and its card", arguments: Engine.all)
  func late(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let (ours, _) = try await fill(store)
      let names = try await store.erase(.phone(PayerBooks.phone), metadata: false).erasedLinks
      try await store.change(ours) { $0.payments[0].card = ours.payments[0].card }
      try await store.insert(PayerBooks.message([("pg_user_phone", "998901234567")], of: ours.id, payment: 5))
      #expect(names == [ours.id])
      let late = try await store.erase(.link(try #require(names.first)), metadata: false)
      #expect(late == Erased(payments: 1, messages: 1, erasedLinks: [ours.id]))
      let after = try await store.everything()
      for trace in PayerBooks.traces { #expect(!after.contains(trace), "\(trace)") }
    }
  }

  @Test(
    "leaves links that are open, names them, and takes them once they have ended", arguments: [LinkStatus.creating, .active], Engine.all)
  func open(_ status: LinkStatus, _ engine: Engine) async throws {
    try await engine.withStore { store in
      let (ours, _) = try await fill(store)
      let open = PayerBooks.theirs("C", number: 7, status: status)
      try await store.insertWithMessages(open, isPhoneSeen: false)
      let left = [OpenLink(id: open.id, expiresAt: open.expiresAt)]
      let counted = try await store.erase(.phone(PayerBooks.phone), metadata: true, isDryRun: true)
      let erased = try await store.erase(.phone(PayerBooks.phone), metadata: true)
      #expect(
        erased
          == Erased(links: 1, payments: 1, operations: 1, events: 1, messages: 3, metadata: 1, erasedLinks: [ours.id], openLinks: left))
      #expect(counted == erased)
      // What is sent for it stays the same, and so does all that hangs on it.
      #expect(try await store.link(open.id) == open)
      #expect(try await store.events(of: open.id).map(\.link?.payments[0].card) == [open.payments[0].card])
      #expect(try await store.erase(.link(open.id), metadata: false) == Erased(openLinks: left))
      try await store.change(open) { $0.status = .canceled }
      let rest = try await store.erase(.phone(PayerBooks.phone), metadata: false)
      #expect(rest == Erased(links: 1, payments: 1, operations: 1, events: 1, messages: 2, erasedLinks: [open.id]))
      let after = try await store.everything()
      for trace in PayerBooks.traces { #expect(!after.contains(trace), "\(trace)") }
    }
  }
}
