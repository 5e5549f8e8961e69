import Payments
import Testing

@testable import Storage

/// Bounds that no other suite meets, each from both sides.
@Suite("Storage limits") struct StorageLimitsTests {
  @Test("keep a tenth of the queue for the acquirer's calls", arguments: [(4096, 3687), (20, 18), (9, 9), (1, 1)])
  func shares(_ all: Int, _ ordinary: Int) {
    var limits = StorageLimits()
    limits.waitingUnits = all
    #expect(limits.waitingOrdinary == ordinary)
  }

  @Test("refuse a read when too many wait")
  func reads() async throws {
    for (bound, isRefused) in [(0, true), (1, false)] {
      var limits = StorageLimits()
      limits.waitingReads = bound
      try await withStore(limits) { store in
        for _ in 0..<3 {
          do throws(StoreError) {
            _ = try await store.link(LinkID(at: Sample.start))
            #expect(!isRefused)
          } catch {
            #expect(isRefused && error.code == .overloaded)
          }
        }
      }
    }
  }

  @Test("cut an order's links at their end, never the live one")
  func linksOfOrder() async throws {
    var limits = StorageLimits()
    limits.linksOfOrder = 2
    try await withStore(limits) { store in
      try await store.insert(Sample.link("A", at: Sample.at(1), status: .active))
      let order = Sample.order("A")
      func times() async throws -> [Timestamp] { try await store.read(Scope(merchant: Sample.shop, order: order)).links.map(\.createdAt) }
      try await store.insert(Sample.link("A", at: Sample.at(2), status: .failed))
      #expect(try await times() == [Sample.at(2), Sample.at(1)])
      try await store.insert(Sample.link("A", at: Sample.at(3), status: .failed))
      #expect(try await times() == [Sample.at(3), Sample.at(1)])
    }
  }

  @Test("cut a link's events at their end")
  func eventsOfLink() async throws {
    var limits = StorageLimits()
    limits.eventsOfLink = 2
    try await withStore(limits) { store in
      let link = Sample.link("A")
      let events = (1...3).map {
        Event(
          id: EventID(at: Sample.at($0)), kind: .paymentFailed, at: Sample.at($0), merchant: link.merchant, sequence: Int64($0), link: link)
      }
      try await store.insert(link, events: [events[1], events[0]])
      #expect(try await store.events(of: link.id) == Array(events.prefix(2)))
      try await store.change(link) { $0.sequence = 3 }
      try await store.perform(
        Work(Scope(merchant: link.merchant)) { _ in
          var changes = Changes()
          changes.events = [events[2]]
          return Decision((), changes)
        })
      #expect(try await store.events(of: link.id) == Array(events.prefix(2)))
    }
  }
}
