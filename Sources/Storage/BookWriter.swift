import Payments

/// What a unit decided, as statements: it all stands or falls together.
struct BookWriter {
  /// In the order in which they must run.
  private(set) var writes: [Write] = []

  /// - Parameter snapshot: what the unit read, so that payments and operations which did not change are not written again.
  init(_ changes: Changes, over snapshot: Snapshot) throws {
    // First what may free the order's place, then what may take it.
    for link in changes.updated { try update(link, was: snapshot.links.first { $0.id == link.id }) }
    if let link = changes.inserted { try insert(link) }
    if let reference = changes.forgottenIdempotency { add(BookStatements.forgetIdempotency, [reference.caller.sql, reference.key.sql]) }
    if let record = changes.idempotency { try keep(record) }
    if let message = changes.message { try keep(message) }
    if let orphan = changes.orphan { add(OpenBusinessStatements.noteOrphan, OrphanColumn.allCases.map { $0.value(of: orphan) }) }
    for event in changes.events { add(BookStatements.insertEvent, try EventColumn.allCases.map { try $0.value(of: event) }) }
  }

  private mutating func insert(_ link: PaymentLink) throws {
    let values = try LinkColumn.allCases.map { try $0.value(of: link) }
    add(LinkStatements.insert, values, expecting: .place)
    for (key, value) in link.terms.metadata {
      add(LinkStatements.insertMetadata, [link.merchant.text.sql, key.sql, value.sql, link.createdAt.sql, link.id.text.sql])
    }
    for payment in link.payments { save(payment, of: link) }
    for place in link.operations.indices { try saveOperation(at: place, of: link) }
  }

  private mutating func update(_ link: PaymentLink, was: PaymentLink?) throws {
    guard let was else { throw StoreError(.corrupt, "link \(link.id): a unit changes only what it has read") }
    guard was.payments.count <= link.payments.count else { throw StoreError(.corrupt, "link \(link.id): payments are never taken away") }
    guard link.operations.map(\.id).starts(with: was.operations.map(\.id)) else {
      throw StoreError(.corrupt, "link \(link.id): operations are never taken away, and keep their places")
    }
    let values = try LinkColumn.changing.map { try $0.value(of: link) } + [link.id.text.sql, was.sequence.sql]
    add(LinkStatements.update, values, expecting: .standing)
    let changed = link.operations.indices.filter { $0 >= was.operations.count || was.operations[$0] != link.operations[$0] }
    // What ends gives its reservation back before the money moves; what begins reserves after it.
    let ended = changed.filter { $0 < was.operations.count && !link.operations[$0].status.isOpen }
    for place in ended { try saveOperation(at: place, of: link) }
    for (index, payment) in link.payments.enumerated() where index >= was.payments.count || was.payments[index] != payment {
      save(payment, of: link)
    }
    for place in changed where !ended.contains(place) { try saveOperation(at: place, of: link) }
  }

  private mutating func saveOperation(at place: Int, of link: PaymentLink) throws {
    let operation = link.operations[place]
    add(LinkStatements.saveOperation, try OperationColumn.allCases.map { try $0.value(of: operation, at: place, under: link) })
  }

  private mutating func save(_ payment: Payment, of link: PaymentLink) {
    add(LinkStatements.savePayment, PaymentColumn.allCases.map { $0.value(of: payment, under: link) })
  }

  private mutating func keep(_ record: IdempotencyRecord) throws {
    add(
      BookStatements.keepIdempotency,
      [
        record.reference.caller.sql, record.reference.key.sql, record.reference.fingerprint.sql, record.at.sql, record.link.text.sql,
        record.operation?.text.sql ?? .null, try record.refusal.map { try StoredJSON.text($0).sql } ?? .null,
      ])
  }

  private mutating func keep(_ record: MessageRecord) throws {
    let verdict = try record.verdict.map { try StoredJSON.text($0).sql }
    add(
      BookStatements.insertMessage,
      [
        record.at.sql, record.merchant.text.sql, record.source.rawValue.sql, record.paymentID?.number.sql ?? .null,
        record.order?.text.sql ?? .null, record.link?.text.sql ?? .null, record.reading.rawValue.sql, verdict ?? .null,
        record.isRemembered.sql, record.evidence.digest.sql, record.evidence.message.sql,
      ])
    guard record.isRemembered, let verdict else { return }
    add(BookStatements.rememberAnswer, [record.merchant.text.sql, record.evidence.digest.sql, record.at.sql, verdict])
  }

  private mutating func add(_ statement: SQLStatement, _ values: [SQLValue], expecting: Write.Expectation = .nothing) {
    writes.append(Write(statement, values, expecting: expecting))
  }
}
