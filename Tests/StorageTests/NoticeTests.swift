import Payments
import PostgresTesting
import Synchronization
import Testing

@testable import Storage

/// What one program commits, the others on the same PostgreSQL hear of.
@Suite("Notices") struct NoticeTests {
  /// What was told.
  private final class Ears: Sendable {
    private let kept = Mutex((heard: [LinkID: Int64](), missed: 0))

    init(_ store: PostgresStore) {
      store.onMissed { self.kept.withLock { $0.missed += 1 } }
      store.onChange { sequences in self.kept.withLock { $0.heard.merge(sequences, uniquingKeysWith: max) } }
    }

    var missed: Int { kept.withLock { $0.missed } }
    func sequence(_ link: PaymentLink) -> Int64? { kept.withLock { $0.heard[link.id] } }
  }

  private func until(_ condition: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try !condition() {
      try #require(ContinuousClock.now < deadline, "it does not come")
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  @Test("reach another program at once, with many links as with one, and are not part of the commits")
  func heard() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { one, location in
      let other = try PostgresStore.open(location, password: nil, logger: .quiet)
      let (ours, theirs) = (Ears(one), Ears(other))
      try await until { one.hearsOthers && other.hearsOthers }
      let links = (0..<400).map { Sample.link("A\($0)") }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for link in links { group.addTask { try await one.insert(link) } }
        try await group.waitForAll()
      }
      try await until { links.allSatisfy { theirs.sequence($0) == 1 } }
      #expect(links.allSatisfy { ours.sequence($0) == 1 })
      try await other.change(links[3]) { $0.sequence = 7 }
      try await until { ours.sequence(links[3]) == 7 }
      await other.close()
    }
  }

  @Test("that may have been lost with a connection are told as missed, and those after it are heard again")
  func lost() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { one, location in
      let other = try PostgresStore.open(location, password: nil, logger: .quiet)
      let (ours, theirs) = (Ears(one), Ears(other))
      try await until { one.hearsOthers && other.hearsOthers && ours.missed > 0 && theirs.missed > 0 }
      let before = (ours: ours.missed, theirs: theirs.missed)
      // Every listening connection is cut.
      let knife = try cluster.connection(location)
      try knife.run(
        SQLStatement(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN paylink'"), [])
      // Both have noticed: what is told on a connection that is gone already only says "look again" on the next.
      try await until { ours.missed > before.ours && theirs.missed > before.theirs && one.hearsOthers && other.hearsOthers }
      let link = Sample.link("A")
      try await one.insert(link)
      try await until { theirs.sequence(link) == 1 }
      await other.close()
      #expect(!other.hearsOthers)
    }
  }

  @Test("say links and sequences, and whatever says nothing means: look again")
  func texts() throws {
    let links = Dictionary(uniqueKeysWithValues: (1...400).map { (LinkID(at: Sample.start), Int64($0)) })
    let texts = PostgresNotices.texts(links)
    #expect(texts.count == 3)
    #expect(texts.allSatisfy { $0.utf8.count < 8000 })
    #expect(texts.compactMap(PostgresNotices.sequences).reduce(into: [:]) { $0.merge($1) { $1 } } == links)
    for text in ["", " ", "pl_", "x:1", "\(LinkID(at: Sample.start)):", "\(LinkID(at: Sample.start)):x", "\(LinkID(at: Sample.start)):1:2"]
    {
      #expect(PostgresNotices.sequences(text) == nil, "\(text)")
    }
  }
}
