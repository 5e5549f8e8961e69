import Payments
import Testing

@testable import Storage

/// A run that is cut may come anywhere to its end: the next one must find all that is left.
@Suite("Erase, cut and run again") struct EraseAgainTests {
  enum Cut: CaseIterable, Sendable {
    /// Between two windows of messages.
    case message
    /// Between two links.
    case link
    /// Within a link.
    case event
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let payer: Payer
    /// A phone in a message of no link can be found by the phone alone.
    let isPhoneSeen: Bool
  }

  private static let payers = [
    Case(testDescription: "phone", payer: .phone(PayerBooks.phone), isPhoneSeen: true),
    Case(testDescription: "customer", payer: .customer(PayerBooks.customer), isPhoneSeen: false),
  ]
  private static let runs = payers.flatMap { payer in Cut.allCases.map { (payer, $0) } }

  @Test("leaves nothing of the payer in the end", arguments: runs, Engine.all)
  func again(_ run: (payer: Case, cut: Cut), _ engine: Engine) async throws {
    var limits = StorageLimits()
    limits.eraseWindow = 1
    try await engine.withStore(limits) { store in
      let links = [PayerBooks.theirs("A", number: 5), PayerBooks.theirs("B", number: 7)]
      try await store.insertWithMessages(PayerBooks.others("C", number: 6))
      for link in links { try await store.insertWithMessages(link, isPhoneSeen: run.payer.isPhoneSeen) }
      let fault = try await Fault(run.cut, last: links[1].id, in: store)
      try await fault.begin(store)
      await #expect(throws: StoreError.self) { try await store.erase(run.payer.payer, metadata: true) }
      try await fault.end(store)
      // It was cut in the middle: something is left.
      let between = try await store.everything()
      #expect(PayerBooks.traces.contains { between.contains($0) })

      let rest = try await store.erase(run.payer.payer, metadata: true)
      #expect(rest.erasedLinks.contains(links[1].id))
      let after = try await store.everything()
      for trace in PayerBooks.traces { #expect(!after.contains(trace), "\(trace)") }
      for trace in PayerBooks.neighbour { #expect(after.contains(trace), "\(trace) is somebody else's") }
      #expect(try await store.erase(run.payer.payer, metadata: true) == Erased())
    }
  }

  /// A change that the database refuses, as a process that ends there would leave it.
  private struct Fault {
    let table, condition: String
    let isPostgres: Bool

    /// - Parameter link: whose turn comes last.
    init(_ cut: Cut, last link: LinkID, in store: any BookStore) async throws {
      switch cut {
      case .message:
        let last = try await store.read("reading the last message") { reader in
          try reader.db.first(SQLStatement("SELECT max(number) FROM message"), []) { try $0.number(0) }
        }
        (table, condition) = ("message", "new.number = \(last ?? 0)")
      case .link: (table, condition) = ("link", "new.id = '\(link)'")
      case .event: (table, condition) = ("event", "new.link = '\(link)'")
      }
      isPostgres = store is PostgresStore
    }

    func begin(_ store: any BookStore) async throws {
      if isPostgres {
        try await store.spoil(
          SQLStatement("CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'cut'; END $$"))
      }
      let body =
        isPostgres
        ? "FOR EACH ROW WHEN (\(condition)) EXECUTE FUNCTION cut()" : "WHEN \(condition) BEGIN SELECT raise(ABORT, 'cut'); END"
      try await store.spoil(SQLStatement("CREATE TRIGGER cut BEFORE UPDATE ON \(table) \(body)"))
    }

    func end(_ store: any BookStore) async throws {
      try await store.spoil(SQLStatement(isPostgres ? "DROP TRIGGER cut ON \(table)" : "DROP TRIGGER cut"))
    }
  }
}
