import GRDB
import Payments

/// Reads the books through one connection, inside a transaction that somebody else began.
struct BookReader {
  let db: Database
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
    try links(LinkStatements.byID, ["id": id.text]).first
  }

  func link(by kind: TokenKind, _ token: Token) throws -> PaymentLink? {
    try links(LinkStatements.byToken(kind), ["token": token.text]).first
  }

  func linksToLookAt(merchant: MerchantName, before: Timestamp, limit: Int) throws -> [PaymentLink] {
    var due: [PaymentLink] = []
    for rank in LookRank.allCases where due.count < limit {
      due += try readable(LinkStatements.due, limit: limit - due.count) { bound in
        ["merchant": merchant.text, "rank": rank.rawValue, "before": before.milliseconds, "limit": bound]
      }
    }
    return due
  }

  func linksToExpire(before: Timestamp, limit: Int) throws -> [PaymentLink] {
    try readable(LinkStatements.ended, limit: limit) { bound in ["before": before.milliseconds, "limit": bound] }
  }

  func events(of id: LinkID) throws -> [Event] {
    try events(of: id, after: -1, limit: limits.eventsOfLink)
  }

  func events(of id: LinkID, after sequence: Int64, limit: Int) throws -> [Event] {
    guard let link = try link(id) else { return [] }
    var events: [Event] = []
    let rows = try Row.fetchCursor(
      try db.cachedStatement(sql: BookStatements.eventsOfLink),
      arguments: ["link": id.text, "after": sequence, "limit": min(limit, limits.eventsOfLink)])
    while let row = try rows.next() { events.append(try StoredRow(event: row).event(of: link)) }
    return events
  }

  func sequences(of links: [LinkID]) throws -> [LinkID: Int64] {
    var sequences: [LinkID: Int64] = [:]
    let names = try StoredJSON.text(links.map(\.text))
    let rows = try Row.fetchCursor(try db.cachedStatement(sql: LinkStatements.sequences), arguments: ["names": names])
    while let row = try rows.next() {
      guard let id = try? LinkID(row[0]) else { throw StoreError(.corrupt, "link: id cannot be read") }
      sequences[id] = row[1]
    }
    return sequences
  }

  func merchants() throws -> [MerchantName] {
    try String.fetchAll(try db.cachedStatement(sql: LinkStatements.merchants)).map { text in
      do { return try MerchantName(text) } catch { throw StoreError(.corrupt, "link: merchant cannot be read") }
    }
  }

  private func link(with payment: PaymentID, merchant: MerchantName) throws -> PaymentLink? {
    try links(LinkStatements.byPayment, ["merchant": merchant.text, "number": payment.number]).first
  }

  private func links(of order: OrderID, merchant: MerchantName) throws -> [PaymentLink] {
    try links(LinkStatements.ofOrder, ["merchant": merchant.text, "order": order.text, "limit": limits.linksOfOrder])
  }

  func links(_ sql: String, _ arguments: StatementArguments) throws -> [PaymentLink] {
    var links: [PaymentLink] = []
    let rows = try Row.fetchCursor(try db.cachedStatement(sql: sql), arguments: arguments)
    while let row = try rows.next() { links.append(try StoredRow(link: row).link()) }
    for index in links.indices {
      links[index].payments = try payments(of: links[index].id)
      links[index].operations = try operations(of: links[index].id)
    }
    return links
  }

  /// Work that is due: a damaged row is told and left to a person, and costs no other link its turn.
  private func readable(_ sql: String, limit: Int, _ arguments: (_ bound: Int) -> StatementArguments) throws -> [PaymentLink] {
    var links: [PaymentLink] = []
    let rows = try Row.fetchCursor(try db.cachedStatement(sql: sql), arguments: arguments(limit + limits.unreadableLinks))
    while links.count < limit, let row = try rows.next() {
      do {
        var link = try StoredRow(link: row).link()
        link.payments = try payments(of: link.id)
        links.append(link)
      } catch let error as StoreError where error.code == .corrupt {
        unreadable(error)
      }
    }
    return links
  }

  private func payments(of link: LinkID) throws -> [Payment] {
    var payments: [Payment] = []
    let rows = try Row.fetchCursor(try db.cachedStatement(sql: LinkStatements.payments), arguments: ["link": link.text])
    while let row = try rows.next() { payments.append(try StoredRow<PaymentColumn>(row, key: "of \(link.text)").payment()) }
    return payments
  }

  private func operations(of link: LinkID) throws -> [Operation] {
    var operations: [Operation] = []
    let rows = try Row.fetchCursor(try db.cachedStatement(sql: LinkStatements.operations), arguments: ["link": link.text])
    while let row = try rows.next() {
      operations.append(try StoredRow<OperationColumn>(row, key: "of \(link.text)").operation(at: operations.count))
    }
    return operations
  }

  private func idempotency(_ reference: IdempotencyReference) throws -> IdempotencyRecord? {
    let statement = try db.cachedStatement(sql: BookStatements.idempotency)
    guard let row = try Row.fetchOne(statement, arguments: ["caller": reference.caller, "key": reference.key]) else { return nil }
    return try StoredRow<IdempotencyColumn>(row, key: "of \(reference.caller)").record(caller: reference.caller, key: reference.key)
  }

  private func answer(merchant: MerchantName, digest: String) throws -> Verdict? {
    let statement = try db.cachedStatement(sql: BookStatements.answer)
    guard let text = try String.fetchOne(statement, arguments: ["merchant": merchant.text, "digest": digest]) else { return nil }
    do { return try StoredJSON.value(Verdict.self, from: text) } catch {
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
