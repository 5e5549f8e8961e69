import GRDB
import Payments

/// Writes what a unit decided, inside a savepoint that somebody else made: it all stands or falls together.
struct BookWriter {
  let db: Database

  /// Another link of the order has its place: the unit is to be run again.
  struct LiveLinkConflict: Error {}

  /// - Parameter snapshot: what the unit read, so that payments and operations which did not change are not written again.
  func write(_ changes: Changes, over snapshot: Snapshot) throws {
    // First what may free the order's place, then what may take it.
    for link in changes.updated { try update(link, was: snapshot.links.first { $0.id == link.id }) }
    if let link = changes.inserted { try insert(link) }
    for event in changes.events {
      try run(BookStatements.insertEvent, EventColumn.allCases.map { try $0.value(of: event) })
    }
    if let reference = changes.forgottenIdempotency {
      try run(BookStatements.forgetIdempotency, ["caller": reference.caller, "key": reference.key])
    }
    if let record = changes.idempotency { try keep(record) }
    if let message = changes.message { try keep(message) }
    if let orphan = changes.orphan { try run(OpenBusinessStatements.noteOrphan, OrphanColumn.allCases.map { $0.value(of: orphan) }) }
  }

  private func insert(_ link: PaymentLink) throws {
    try run(LinkStatements.insert, LinkColumn.allCases.map { try $0.value(of: link) })
    guard db.changesCount == 1 else { throw LiveLinkConflict() }
    for (key, value) in link.terms.metadata {
      try run(
        LinkStatements.insertMetadata,
        ["merchant": link.merchant.text, "key": key, "value": value, "created_at": link.createdAt.milliseconds, "id": link.id.text])
    }
    for payment in link.payments { try save(payment, of: link) }
    for place in link.operations.indices { try saveOperation(at: place, of: link) }
  }

  private func update(_ link: PaymentLink, was: PaymentLink?) throws {
    guard let was else { throw StoreError(.corrupt, "link \(link.id): a unit changes only what it has read") }
    guard was.payments.count <= link.payments.count else { throw StoreError(.corrupt, "link \(link.id): payments are never taken away") }
    guard link.operations.map(\.id).starts(with: was.operations.map(\.id)) else {
      throw StoreError(.corrupt, "link \(link.id): operations are never taken away, and keep their places")
    }
    try run(LinkStatements.update, (LinkColumn.changing + [.id]).map { try $0.value(of: link) })
    guard db.changesCount == 1 else { throw StoreError(.corrupt, "link \(link.id): it is not in the books") }
    let changed = link.operations.indices.filter { $0 >= was.operations.count || was.operations[$0] != link.operations[$0] }
    // What ends gives its reservation back before the money moves; what begins reserves after it.
    let ended = changed.filter { $0 < was.operations.count && !link.operations[$0].status.isOpen }
    for place in ended { try saveOperation(at: place, of: link) }
    for (index, payment) in link.payments.enumerated() where index >= was.payments.count || was.payments[index] != payment {
      try save(payment, of: link)
    }
    for place in changed where !ended.contains(place) { try saveOperation(at: place, of: link) }
  }

  private func saveOperation(at place: Int, of link: PaymentLink) throws {
    let operation = link.operations[place]
    try run(LinkStatements.saveOperation, OperationColumn.allCases.map { try $0.value(of: operation, at: place, under: link) })
  }

  private func save(_ payment: Payment, of link: PaymentLink) throws {
    try run(LinkStatements.savePayment, PaymentColumn.allCases.map { $0.value(of: payment, under: link) })
  }

  private func keep(_ record: IdempotencyRecord) throws {
    try run(
      BookStatements.keepIdempotency,
      [
        "caller": record.reference.caller, "key": record.reference.key, "fingerprint": record.reference.fingerprint,
        "at": record.at.milliseconds, "link": record.link.text, "operation": record.operation?.text,
        "refusal": try record.refusal.map { try StoredJSON.text($0) },
      ])
  }

  private func keep(_ record: MessageRecord) throws {
    let verdict = try record.verdict.map { try StoredJSON.text($0) }
    try run(
      BookStatements.insertMessage,
      [
        "at": record.at.milliseconds, "merchant": record.merchant.text, "source": record.source.rawValue,
        "payment": record.paymentID?.number, "order_id": record.order?.text, "link": record.link?.text, "reading": record.reading.rawValue,
        "verdict": verdict, "is_remembered": record.isRemembered, "digest": record.evidence.digest, "message": record.evidence.message,
      ])
    guard record.isRemembered, let verdict else { return }
    try run(
      BookStatements.rememberAnswer,
      ["merchant": record.merchant.text, "digest": record.evidence.digest, "at": record.at.milliseconds, "verdict": verdict])
  }

  private func run(_ sql: String, _ arguments: StatementArguments) throws {
    try db.cachedStatement(sql: sql).execute(arguments: arguments)
  }

  /// - Parameter values: of the columns that the statement's names were made from, in the same order; a name that comes twice counts once.
  private func run(_ sql: String, _ values: [DatabaseValue]) throws {
    try run(sql, StatementArguments(values))
  }
}
