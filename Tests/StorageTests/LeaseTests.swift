import Payments
import PostgresTesting
import Testing

@testable import Storage

/// Work that programs on one database share, whatever engine is behind it (decision 12).
@Suite("Leases") struct LeaseTests {
  private static let ours = LeaseTerms(holder: "ours", time: .seconds(6))
  private static let theirs = LeaseTerms(holder: "theirs", time: .seconds(6))
  private static let looks = SharedWork.looks(Sample.shop, pace: .seconds(2))
  /// Without a pace between turns.
  private static let anyLooks = SharedWork.looks(Sample.shop, pace: .zero)

  private func due(_ store: any BookStore, _ count: Int) async throws -> [PaymentLink] {
    let links = (0..<count).map { Sample.link("A\($0)", look: Sample.at($0)) }
    for link in links { try await store.insert(link) }
    return links
  }

  private func ids(_ leased: [LeasedLink]) -> [LinkID] { leased.map(\.link.id) }

  @Test("give a link to one holder, and to the next when the first lapsed, who is named", arguments: Engine.all)
  func lapse(_ engine: Engine) async throws {
    try await engine.withTwo { one, other in
      let link = try await due(one, 1)[0]
      let first = try await one.take(Self.anyLooks, under: Self.ours, at: Sample.at(10), limit: 8)
      #expect(ids(first) == [link.id])
      #expect(first[0].lapsedHolder == nil)
      #expect(try await other.take(Self.anyLooks, under: Self.theirs, at: Sample.at(10), limit: 8).isEmpty)
      // The next look is set when the work begins: the lapsed lease alone says that it was not done.
      try await one.change(link) { $0.nextLookAt = Sample.at(100_000) }
      #expect(try await other.take(Self.anyLooks, under: Self.theirs, at: Sample.start + .milliseconds(15_999), limit: 8).isEmpty)
      let second = try await other.take(Self.anyLooks, under: Self.theirs, at: Sample.at(16), limit: 8)
      #expect(ids(second) == [link.id])
      #expect(second[0].lapsedHolder == "ours")
      #expect(second[0].link.nextLookAt == Sample.at(100_000))
    }
  }

  @Test("renewed are kept, and what is another's by now is not renewed, nor ended", arguments: Engine.all)
  func renew(_ engine: Engine) async throws {
    try await engine.withTwo { one, other in
      let link = try await due(one, 1)[0]
      _ = try await one.take(Self.anyLooks, under: Self.ours, at: Sample.at(10), limit: 8)
      #expect(try await one.renew(Self.anyLooks, of: [link.id], under: Self.ours, at: Sample.at(14)) == 1)
      #expect(try await other.take(Self.anyLooks, under: Self.theirs, at: Sample.at(19), limit: 8).isEmpty)
      #expect(try await other.take(Self.anyLooks, under: Self.theirs, at: Sample.at(20), limit: 8).count == 1)
      #expect(try await one.renew(Self.anyLooks, of: [link.id], under: Self.ours, at: Sample.at(21)) == 0)
      try await one.finish(Self.anyLooks, of: [link.id], under: Self.ours)
      #expect(try await one.take(Self.anyLooks, under: Self.ours, at: Sample.at(25), limit: 8).isEmpty)
      try await other.finish(Self.anyLooks, of: [link.id], under: Self.theirs)
      // Ended, and still due as nobody moved its next look.
      #expect(try await one.take(Self.anyLooks, under: Self.ours, at: Sample.at(25), limit: 8).map(\.lapsedHolder) == [nil])
    }
  }

  @Test("taken by many at once, over two connections, are each one's alone, and all are taken", arguments: Engine.all)
  func parallel(_ engine: Engine) async throws {
    try await engine.withTwo { one, other in
      let links = (0..<60).map { Sample.link("A\($0)", expires: Sample.at($0)) }
      for link in links { try await one.insert(link) }
      let stores = [one, other]
      let taken = try await withThrowingTaskGroup(of: [LinkID].self) { group in
        for number in 0..<20 {
          group.addTask {
            let terms = LeaseTerms(holder: "holder-\(number)", time: .seconds(6))
            var mine: [LinkID] = []
            for _ in 0..<10 {
              mine += self.ids(try await stores[number % 2].take(.expiry, under: terms, at: Sample.at(100), limit: 3))
            }
            return mine
          }
        }
        return try await group.reduce(into: [LinkID]()) { $0 += $1 }
      }
      #expect(taken.count == 60)
      #expect(Set(taken) == Set(links.map(\.id)))
    }
  }

  @Test(
    "are given in turns: one a merchant in its pace, whoever takes it, and a clock that was set back holds nobody up", arguments: Engine.all
  )
  func pace(_ engine: Engine) async throws {
    try await engine.withTwo { one, other in
      _ = try await due(one, 4)
      #expect(try await one.take(Self.looks, under: Self.ours, at: Sample.at(10), limit: 1).count == 1)
      #expect(try await other.take(Self.looks, under: Self.theirs, at: Sample.start + .milliseconds(11_999), limit: 1).isEmpty)
      #expect(try await other.take(Self.looks, under: Self.theirs, at: Sample.at(12), limit: 1).count == 1)
      #expect(try await one.take(Self.looks, under: Self.ours, at: Sample.at(13), limit: 1).isEmpty)
      // Another merchant has its own.
      let stranger = Sample.link("S", merchant: Sample.merchant("other"), look: Sample.at(0))
      try await one.insert(stranger)
      let others = SharedWork.looks(stranger.merchant, pace: .seconds(2))
      #expect(ids(try await one.take(others, under: Self.ours, at: Sample.at(12), limit: 1)) == [stranger.id])
      // Twenty take at once: one has the turn.
      let turns = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<20 {
          group.addTask {
            try await [one, other][number % 2].take(Self.looks, under: LeaseTerms(holder: "\(number)"), at: Sample.at(14), limit: 1).count
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(turns == 1)
      // The next turn is at 16 s, which nobody means whose clock is more than a minute behind.
      let early = Sample.link("E", look: Sample.at(-600))
      try await one.insert(early)
      #expect(try await one.take(Self.looks, under: Self.ours, at: Sample.at(-46), limit: 1).isEmpty)
      #expect(ids(try await one.take(Self.looks, under: Self.ours, at: Sample.at(-47), limit: 1)) == [early.id])
    }
  }

  @Test("that lapse again and again are taken over so often and no more: the work may be what kills", arguments: Engine.all)
  func deadly(_ engine: Engine) async throws {
    try await engine.withTwo { one, other in
      let link = try await due(one, 1)[0]
      #expect(try await one.take(Self.anyLooks, under: Self.ours, at: Sample.at(10), limit: 1).count == 1)
      try await one.change(link) { $0.nextLookAt = Sample.at(1000) }
      for turn in 1...3 {
        #expect(try await other.take(Self.anyLooks, under: Self.theirs, at: Sample.at(10 + 6 * turn), limit: 1).count == 1)
      }
      #expect(try await other.take(Self.anyLooks, under: Self.theirs, at: Sample.at(999), limit: 1).isEmpty)
      #expect(try await other.take(Self.anyLooks, under: Self.theirs, at: Sample.at(1000), limit: 1).count == 1)
      try await other.finish(Self.anyLooks, of: [link.id], under: Self.theirs)
      try await one.change(link) { $0.nextLookAt = Sample.at(2000) }
      #expect(try await one.take(Self.anyLooks, under: Self.ours, at: Sample.at(2000), limit: 1).count == 1)
      #expect(try await other.take(Self.anyLooks, under: Self.theirs, at: Sample.at(2006), limit: 1).count == 1)
    }
  }

  @Test("of one work say nothing of another, and the most urgent is taken first", arguments: Engine.all)
  func works(_ engine: Engine) async throws {
    try await engine.withTwo { one, other in
      let ended = Sample.link("ended", expires: Sample.at(5), look: Sample.at(0))
      let unclear = Sample.link("unclear", payments: [Sample.attempt(.unknown, number: 7)], look: Sample.at(9))
      for link in [ended, unclear] { try await one.insert(link) }
      #expect(ids(try await one.take(Self.anyLooks, under: Self.ours, at: Sample.at(10), limit: 1)) == [unclear.id])
      #expect(ids(try await one.take(Self.anyLooks, under: Self.ours, at: Sample.at(10), limit: 8)) == [ended.id])
      #expect(ids(try await other.take(.expiry, under: Self.theirs, at: Sample.at(10), limit: 8)) == [ended.id])
      #expect(try await one.take(.expiry, under: Self.ours, at: Sample.at(10), limit: 8).isEmpty)
    }
  }

  @Test("of a link that cannot be read are set aside, and the next is taken", arguments: Engine.all)
  func damaged(_ engine: Engine) async throws {
    try await engine.withTwo { one, _ in
      let links = try await due(one, 2)
      try await one.spoil(SQLStatement("UPDATE link SET terms = '{' WHERE id = :id"), [links[0].id.text.sql])
      #expect(ids(try await one.take(Self.anyLooks, under: Self.ours, at: Sample.at(10), limit: 8)) == [links[1].id])
      try await one.finish(Self.anyLooks, of: [links[1].id], under: Self.ours)
      #expect(ids(try await one.take(Self.anyLooks, under: Self.ours, at: Sample.at(60), limit: 1)) == [links[1].id])
    }
  }

  @Test("of links that somebody has locked are not waited for: others are taken")
  func locked() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { store, location in
      let links = try await due(store, 3)
      let other = try cluster.connection(location)
      try other.run([
        Bound(PostgresStatements.begin, []), Bound(SQLStatement("SELECT 1 FROM link WHERE id = :id FOR UPDATE"), [links[0].id.text.sql]),
      ])
      #expect(ids(try await store.take(Self.anyLooks, under: Self.ours, at: Sample.at(10), limit: 2)) == links[1...2].map(\.id))
      try other.run(PostgresStatements.rollBack, [])
      #expect(ids(try await store.take(Self.anyLooks, under: Self.ours, at: Sample.at(10), limit: 2)) == [links[0].id])
    }
  }

  @Test("are looked for without a commit, and a look at another's turn is one read", arguments: Engine.all)
  func idle(_ engine: Engine) async throws {
    try await engine.withTwo { one, other in
      _ = try await due(one, 2)
      let before = commits(other)
      #expect(try await other.take(Self.looks, under: Self.theirs, at: Sample.at(-1), limit: 1).isEmpty)
      #expect(try await one.take(Self.looks, under: Self.ours, at: Sample.at(10), limit: 1).count == 1)
      #expect(try await other.take(Self.looks, under: Self.theirs, at: Sample.at(11), limit: 1).isEmpty)
      #expect(try await other.take(.expiry, under: Self.theirs, at: Sample.at(11), limit: 1).isEmpty)
      #expect(commits(other) == before)
    }
  }

  private func commits(_ store: any BookStore) -> Int? {
    (store as? SQLiteStore)?.commits ?? (store as? PostgresStore)?.commits
  }
}
