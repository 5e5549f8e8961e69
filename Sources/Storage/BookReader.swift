import Payments

/// Reads the books through one connection, inside a transaction that somebody else began.
package struct BookReader {
  let db: any SQLConnection
  let limits: StorageLimits
  /// Told about every link that a list passes over since it cannot be read.
  var unreadable: @Sendable (StoreError) -> Void = { _ in }

  /// What a unit reads: links of its merchant only, each once, newest first.
  func snapshot(_ scope: Scope) throws -> Snapshot {
    var links: [PaymentLink] = []
    if let order = scope.order { links = try self.links(of: order, merchant: scope.merchant) }
    if let id = scope.link, !links.contains(where: { $0.id == id }), let link = try link(id) { links.append(link) }
    if let payment = scope.payment, !links.contains(where: { $0.payment(payment) != nil }),
      let link = try link(with: payment, merchant: scope.merchant), !links.contains(where: { $0.id == link.id })
    {
      links.append(link)
    }
    links.removeAll { $0.merchant != scope.merchant }
    links.sort { LinkPosition($0) > LinkPosition($1) }
    return Snapshot(
      links: links, idempotency: try scope.idempotency.flatMap(idempotency),
      answer: try scope.answerDigest.flatMap { try answer(merchant: scope.merchant, digest: $0) })
  }

  func link(_ id: LinkID) throws -> PaymentLink? {
    try links(LinkStatements.byID, [id.text.sql]).first
  }

  func link(by kind: TokenKind, _ token: Token) throws -> PaymentLink? {
    try links(LinkStatements.byToken(kind), [token.text.sql]).first
  }

  /// In the same order; what is not in the books is left out.
  func links(_ ids: [LinkID]) throws -> [PaymentLink] {
    var links: [PaymentLink] = []
    try db.rows(ids.map { Bound(LinkStatements.byID, [$0.text.sql]) }) { row, _ in links.append(try StoredRow(link: row).link()) }
    return try whole(links)
  }

  func events(of id: LinkID) throws -> [Event] {
    try events(of: id, after: -1, limit: limits.eventsOfLink)
  }

  func events(of id: LinkID, after sequence: Int64, limit: Int) throws -> [Event] {
    guard let link = try link(id) else { return [] }
    return try db.all(BookStatements.eventsOfLink, [id.text.sql, sequence.sql, min(limit, limits.eventsOfLink).sql]) {
      try StoredRow(event: $0).eventOfLink()(link)
    }
  }

  func sequences(of links: [LinkID]) throws -> [LinkID: Int64] {
    var sequences: [LinkID: Int64] = [:]
    try db.rows(LinkStatements.sequences, [.texts(links.map(\.text))]) { row in
      guard let id = try? LinkID(row.string(0)) else { throw StoreError(.corrupt, "link: id cannot be read") }
      sequences[id] = try row.number(1)
      return true
    }
    return sequences
  }

  func merchants() throws -> [MerchantName] {
    try db.all(LinkStatements.merchants, []) { row in
      do { return try MerchantName(row.string(0)) } catch { throw StoreError(.corrupt, "link: merchant cannot be read") }
    }
  }

  private func link(with payment: PaymentID, merchant: MerchantName) throws -> PaymentLink? {
    try links(LinkStatements.byPayment, [merchant.text.sql, payment.number.sql]).first
  }

  private func links(of order: OrderID, merchant: MerchantName) throws -> [PaymentLink] {
    let few = try links(LinkStatements.ofOrder, [merchant.text.sql, order.text.sql, limits.linksOfOrder.sql])
    if few.count < limits.linksOfOrder { return few }
    return try links(LinkStatements.liveOfOrder, [merchant.text.sql, order.text.sql, limits.linksOfOrder.sql])
  }

  private func links(_ statement: SQLStatement, _ values: [SQLValue]) throws -> [PaymentLink] {
    try whole(try db.all(statement, values) { try StoredRow(link: $0).link() })
  }

  /// Adds what stands in rows of its own: all payments, then all operations, asked at once.
  func whole(_ bare: [PaymentLink]) throws -> [PaymentLink] {
    var links = bare
    let questions = [LinkStatements.payments, LinkStatements.operations].flatMap { statement in
      links.map { Bound(statement, [$0.id.text.sql]) }
    }
    try db.rows(questions) { row, place in
      if place < bare.count {
        links[place].payments.append(try StoredRow<PaymentColumn>(row, key: "of \(bare[place].id.text)").payment())
      } else {
        try links[place - bare.count].addOperation(row)
      }
    }
    return links
  }

  private func idempotency(_ reference: IdempotencyReference) throws -> IdempotencyRecord? {
    try db.first(BookStatements.idempotency, [reference.caller.sql, reference.key.sql]) { row in
      try StoredRow<IdempotencyColumn>(row, key: "of \(reference.caller)").record(caller: reference.caller, key: reference.key)
    }
  }

  private func answer(merchant: MerchantName, digest: String) throws -> Verdict? {
    try db.first(BookStatements.answer, [merchant.text.sql, digest.sql]) { try Verdict(answer: $0, digest: digest) }
  }
}

extension PaymentLink {
  /// The next of its operations, from its row.
  mutating func addOperation(_ row: SQLRow) throws(StoreError) {
    operations.append(try StoredRow<OperationColumn>(row, key: "of \(id.text)").operation(at: operations.count))
  }
}

extension Verdict {
  /// From a row of `BookStatements.answer`.
  init(answer row: SQLRow, digest: String) throws(StoreError) {
    do { self = try StoredJSON.value(Verdict.self, from: row.string(0)) } catch {
      throw StoreError(.corrupt, "answer \(digest): verdict cannot be read")
    }
  }
}

extension LinkPosition {
  init(_ link: PaymentLink) { self.init(createdAt: link.createdAt, id: link.id) }

  /// Whether it is the newer one: time first, then id.
  static func > (left: LinkPosition, right: LinkPosition) -> Bool {
    (left.createdAt.milliseconds, left.id.text) > (right.createdAt.milliseconds, right.id.text)
  }
}

/// What `BookStatements.idempotency` gives.
enum IdempotencyColumn: Int, Column {
  case fingerprint, at, link, operation, refusal

  static let table = "idempotency"

  var name: String { "\(self)" }
}

extension StoredRow<IdempotencyColumn> {
  func record(caller: String, key: String) throws(StoreError) -> IdempotencyRecord {
    IdempotencyRecord(
      reference: IdempotencyReference(caller: caller, key: key, fingerprint: try text(.fingerprint)), at: try time(.at),
      link: try value(.link), operation: try textIfAny(.operation) == nil ? nil : try value(.operation),
      refusal: try textIfAny(.refusal) == nil ? nil : try json(.refusal))
  }
}
