import Foundation
import Payments

@testable import Storage

/// A statement of Storage with what its plan must be like. All of them stand here: `QueryPlanTests` holds the list against the sources.
struct HotStatement: Sendable {
  /// As the source declares it: `LinkStatements.byID`.
  let name: String
  let statement: SQLStatement
  /// Sorts few rows, those of one link, order or event, in these engines.
  let sorts: Set<Dialect>
  /// The index that must serve it, where another would do worse.
  let index: [Dialect: String]
  /// Where it is asked.
  let engines: Set<Dialect>

  init(
    _ name: String, _ statement: SQLStatement, sorts: Set<Dialect> = [], by index: String? = nil, sqlite: String? = nil,
    postgres: String? = nil, engines: Set<Dialect> = [.sqlite, .postgres]
  ) {
    (self.name, self.statement, self.sorts, self.engines) = (name, statement, sorts, engines)
    var names: [Dialect: String] = [:]
    names[.sqlite] = sqlite ?? index
    names[.postgres] = postgres ?? index
    self.index = names
  }

  /// What grows with the shop. A walk over any other table is a walk over a few rows.
  static let bigTables = [
    "link", "link_metadata", "payment", "operation", "event", "delivery", "attempt", "message", "answer", "idempotency", "orphan",
  ]

  static let all = links + lists + events + deliveries + leases + books + openBusiness + growth + groups + erasure

  private static let links = [
    HotStatement("LinkStatements.byID", LinkStatements.byID),
    HotStatement("LinkStatements.byPayment", LinkStatements.byPayment, by: "payment_number"),
    HotStatement("LinkStatements.byClientToken", LinkStatements.byToken(.client)),
    HotStatement("LinkStatements.byShortToken", LinkStatements.byToken(.short)),
    HotStatement("LinkStatements.byReturnToken", LinkStatements.byToken(.return)),
    HotStatement("LinkStatements.ofOrder", LinkStatements.ofOrder, by: "link_order"),
    HotStatement("LinkStatements.liveOfOrder", LinkStatements.liveOfOrder, sorts: [.sqlite, .postgres], by: "link_order"),
    HotStatement("LinkStatements.due", LinkStatements.due, by: "link_look"),
    HotStatement("LinkStatements.ended", LinkStatements.ended, by: "link_ending"),
    HotStatement("LinkStatements.sequences", LinkStatements.sequences, sqlite: "sqlite_autoindex_link_1", postgres: "link_id_key"),
    HotStatement("LinkStatements.insertMetadata", LinkStatements.insertMetadata),
    HotStatement("LinkStatements.payments", LinkStatements.payments),
    HotStatement(
      "LinkStatements.operations", LinkStatements.operations, sqlite: "sqlite_autoindex_operation_2",
      postgres: "operation_link_ordinal_key"),
    HotStatement("LinkStatements.insert", LinkStatements.insert),
    HotStatement("LinkStatements.update", LinkStatements.update),
    HotStatement("LinkStatements.savePayment", LinkStatements.savePayment),
    HotStatement("LinkStatements.saveOperation", LinkStatements.saveOperation),
    HotStatement("LinkStatements.merchants", LinkStatements.merchants),
    // The schema's triggers.
    HotStatement(
      "Schema.reserved", SQLStatement(Schema.reserved("refund").replacing("new.", with: ":")), sqlite: "sqlite_autoindex_operation_2",
      postgres: "operation_link_ordinal_key"),
  ]

  private static let lists = ListStatements.Conditions.every.map { bits in
    let indexes = [0: "link_list", 1: "link_order", 2: "link_status_list", 4: "link_flagged"]
    let pair = bits & 8 != 0
    return HotStatement(
      "ListStatements.all", ListStatements.positions(ListStatements.Conditions(rawValue: bits)), by: indexes[bits],
      sqlite: pair ? "PRIMARY KEY" : nil, postgres: pair ? "link_metadata_pkey" : nil)
  }

  private static let events = [
    HotStatement("BookStatements.insertEvent", BookStatements.insertEvent),
    HotStatement("BookStatements.eventsOfLink", BookStatements.eventsOfLink, by: "event_link"),
    HotStatement("BookStatements.feed", BookStatements.feed, by: "event_merchant"),
    HotStatement("BookStatements.eventByID", BookStatements.eventByID),
    HotStatement("OutboxStatements.event", OutboxStatements.event),
    HotStatement("OutboxStatements.since", OutboxStatements.since, postgres: "event_feed"),
    HotStatement("OutboxStatements.hasNew", OutboxStatements.hasNew, postgres: "event_feed"),
    HotStatement("SequencerStatements.isAnyWaiting", SequencerStatements.isAnyWaiting, by: "event_waiting", engines: [.postgres]),
    HotStatement("SequencerStatements.lock", SequencerStatements.lock, engines: [.postgres]),
    HotStatement("SequencerStatements.place", SequencerStatements.place, by: "event_waiting", engines: [.postgres]),
  ]

  private static let deliveries =
    [
      HotStatement("OutboxStatements.register", OutboxStatements.register),
      HotStatement("OutboxStatements.names", OutboxStatements.names),
      HotStatement("OutboxStatements.giveUp", OutboxStatements.giveUp, postgres: "delivery_waiting"),
      HotStatement("OutboxStatements.forget", OutboxStatements.forget),
      HotStatement("OutboxStatements.endpoint", OutboxStatements.endpoint),
      HotStatement("OutboxStatements.lockedEndpoint", OutboxStatements.lockedEndpoint),
      HotStatement("OutboxStatements.endpoints", OutboxStatements.endpoints, sorts: [.postgres], postgres: "delivery_waiting"),
      HotStatement("OutboxStatements.hasDue", OutboxStatements.hasDue, by: "delivery_waiting"),
      HotStatement("OutboxStatements.queue", OutboxStatements.queue),
      HotStatement("OutboxStatements.move", OutboxStatements.move),
      HotStatement("OutboxStatements.due", OutboxStatements.due, sorts: [.postgres], by: "delivery_waiting"),
      HotStatement("OutboxStatements.lease", OutboxStatements.lease),
      HotStatement("OutboxStatements.renew", OutboxStatements.renew),
      HotStatement("OutboxStatements.giveBack", OutboxStatements.giveBack),
      HotStatement("OutboxStatements.bury", OutboxStatements.bury),
      HotStatement("OutboxStatements.tried", OutboxStatements.tried),
      HotStatement("OutboxStatements.attempt", OutboxStatements.attempt),
      HotStatement("OutboxStatements.breaker", OutboxStatements.breaker),
      HotStatement("OutboxStatements.queueAgain", OutboxStatements.queueAgain),
      HotStatement("OutboxStatements.enable", OutboxStatements.enable),
      HotStatement("OutboxStatements.attempts", OutboxStatements.attempts, by: "attempt_delivery", postgres: "_endpoint_event_number_idx"),
    ]
    + OutboxStatements.Conditions.every.map { bits in
      let indexes = [0: "delivery_list", 1: "delivery_status_list"]
      return HotStatement(
        "OutboxStatements.lists", OutboxStatements.list(OutboxStatements.Conditions(rawValue: bits)), sorts: [.sqlite, .postgres],
        sqlite: indexes[bits])
    }

  private static let leases = [
    HotStatement("LeaseStatements.lapsed", LeaseStatements.lapsed, sqlite: "lease_end"),
    HotStatement("LeaseStatements.hasLapsed", LeaseStatements.hasLapsed, sqlite: "lease_end"),
    HotStatement("LeaseStatements.look", LeaseStatements.look, by: "link_look"),
    HotStatement("LeaseStatements.hasLook", LeaseStatements.hasLook, by: "link_look"),
    HotStatement("LeaseStatements.ended", LeaseStatements.ended, by: "link_ending"),
    HotStatement("LeaseStatements.hasEnded", LeaseStatements.hasEnded, by: "link_ending"),
    HotStatement("LeaseStatements.take", LeaseStatements.take),
    HotStatement("LeaseStatements.renew", LeaseStatements.renew),
    HotStatement("LeaseStatements.finish", LeaseStatements.finish),
    HotStatement("LeaseStatements.takeTurn", LeaseStatements.takeTurn),
    HotStatement("LeaseStatements.isOthersTurn", LeaseStatements.isOthersTurn),
  ]

  private static let books = [
    HotStatement("BookStatements.idempotency", BookStatements.idempotency),
    HotStatement("BookStatements.keepIdempotency", BookStatements.keepIdempotency),
    HotStatement("BookStatements.forgetIdempotency", BookStatements.forgetIdempotency),
    HotStatement("BookStatements.insertMessage", BookStatements.insertMessage),
    HotStatement("BookStatements.answer", BookStatements.answer),
    HotStatement("BookStatements.rememberAnswer", BookStatements.rememberAnswer),
    HotStatement("BookStatements.beat", BookStatements.beat),
  ]

  private static let openBusiness = [
    HotStatement("OpenBusinessStatements.noteOrphan", OpenBusinessStatements.noteOrphan),
    HotStatement("OpenBusinessStatements.orphans", OpenBusinessStatements.orphans),
    HotStatement("OpenBusinessStatements.orphan", OpenBusinessStatements.orphan),
    HotStatement("OpenBusinessStatements.oldestLink", OpenBusinessStatements.oldest(.link), by: "link_open"),
    HotStatement("OpenBusinessStatements.oldestPayment", OpenBusinessStatements.oldest(.payment), by: "payment_open"),
    HotStatement("OpenBusinessStatements.oldestOperation", OpenBusinessStatements.oldest(.operation), by: "operation_open"),
  ]

  private static let growth =
    Retention.Kind.allCases.flatMap { kind -> [HotStatement] in
      guard let batch = PruneStatements.batch(kind) else { return [] }
      let name = "PruneStatements.\(kind == .idempotencyKeys ? "keys" : kind.rawValue)"
      let index: [Retention.Kind: (String, String)] = [
        .messages: ("message_at", "message_default_pkey"), .attempts: ("attempt_at", "attempt_default_pkey"),
        .answers: ("answer_at", "answer_at"), .idempotencyKeys: ("idempotency_at", "idempotency_at"),
        .orphans: ("orphan_last", "orphan_last"),
      ]
      return [batch.delete, batch.count].map {
        HotStatement(name, $0, sqlite: index[kind]?.0, postgres: index[kind]?.1)
      }
    } + [
      HotStatement("PruneStatements.walk", PruneStatements.walk, postgres: "event_feed"),
      HotStatement("PruneStatements.look", PruneStatements.look, postgres: "event_feed"),
      HotStatement("PruneStatements.attemptsOfEvents", PruneStatements.attemptsOfEvents),
      HotStatement("PruneStatements.deliveriesOfEvents", PruneStatements.deliveriesOfEvents, by: "delivery_event"),
      HotStatement("PruneStatements.removeEvents", PruneStatements.removeEvents),
      HotStatement("PartitionStatements.strayMessage", PartitionStatements.isStray("message"), engines: [.postgres]),
      HotStatement("PartitionStatements.strayAttempt", PartitionStatements.isStray("attempt"), engines: [.postgres]),
    ]

  private static let groups = [
    HotStatement("PostgresStatements.links", PostgresStatements.links, sorts: [.postgres], engines: [.postgres]),
    HotStatement("PostgresStatements.payments", PostgresStatements.payments, sorts: [.postgres], engines: [.postgres]),
    HotStatement("PostgresStatements.operations", PostgresStatements.operations, sorts: [.postgres], engines: [.postgres]),
  ]

  private static let erasure = [
    HotStatement("EraseStatements.link", EraseStatements.link),
    HotStatement("EraseStatements.terms", EraseStatements.terms),
    HotStatement("EraseStatements.eraseTerms", EraseStatements.eraseTerms),
    HotStatement("EraseStatements.eraseMetadata", EraseStatements.eraseMetadata),
    HotStatement("EraseStatements.numbers", EraseStatements.numbers),
    HotStatement("EraseStatements.eraseCards", EraseStatements.eraseCards),
    HotStatement("EraseStatements.cards", EraseStatements.cards),
    HotStatement("EraseStatements.reasons", EraseStatements.reasons),
    HotStatement("EraseStatements.eraseReasons", EraseStatements.eraseReasons),
    HotStatement("EraseStatements.states", EraseStatements.states),
    HotStatement("EraseStatements.eraseState", EraseStatements.eraseState),
    HotStatement("EraseStatements.eraseMessage", EraseStatements.eraseMessage),
  ]

  /// What touches no table of ours, or is asked once when a process begins.
  static let others: Set<String> = [
    "SQLiteStatements.begin", "SQLiteStatements.commit", "SQLiteStatements.rollBack",
    "CopyStatements.columns", "CopyStatements.others", "CopyStatements.tables", "PostgresStatements.settle", "PostgresStatements.unhurried",
    "PostgresStatements.unwaiting", "PostgresStatements.listen", "PostgresStatements.notify", "PostgresStatements.probe",
    "PostgresStatements.begin", "PostgresStatements.beginReading", "PostgresStatements.commit", "PostgresStatements.rollBack",
    "PostgresStatements.lock", "PostgresSchema.lock", "PostgresSchema.makeTable", "PostgresSchema.isThere", "PostgresSchema.standing",
    "PostgresSchema.note", "PartitionStatements.now", "PartitionStatements.lockAll", "PartitionStatements.haste",
    "PartitionStatements.all",
    // Walks by design, a window at a time.
    "EraseStatements.lastLink", "EraseStatements.links", "EraseStatements.messages",
  ]

  /// Every statement that a source of Storage declares, as `LinkStatements.byID`.
  static func declared() throws -> Set<String> {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Sources/Storage").standardized
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
    let type = /^(?:private )?(?:enum|struct) (\w+)/
    let statement = /^  (?:private )?static let (\w+) = (?:SQLStatement|select\(|Batch\(|Conditions\.every)/
    var names: Set<String> = []
    for file in files where file.pathExtension == "swift" {
      var owner = ""
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        if let match = try type.firstMatch(in: line) { owner = String(match.1) }
        if let match = try statement.firstMatch(in: line) { names.insert("\(owner).\(match.1)") }
      }
    }
    return names
  }
}
