import Payments

/// Units of one transaction, of which no two may meet: what they read and lock is asked in one pipeline, for all at once.
struct PostgresGroup {
  struct Member {
    let unit: WaitingUnit
    let scope: Scope
    let decide: @Sendable (Snapshot) -> WaitingUnit.Decided
  }

  let members: [Member]
  let limits: StorageLimits

  /// What the group reads, in the order of `snapshots`. The advisory locks come first, in a statement of their own, so that the reads see all that was
  /// committed before they were given.
  var questions: [Bound] {
    let keys = Set(members.flatMap(\.scope.lockKeys)).sorted()
    let wanted = self.wanted
    return [
      Bound(PostgresStatements.lock, [.texts(keys.map { "\($0)" })]), Bound(PostgresStatements.links, wanted),
      Bound(PostgresStatements.payments, wanted), Bound(PostgresStatements.operations, wanted),
    ]
      + members.compactMap(\.scope.idempotency).map { Bound(BookStatements.idempotency, [$0.caller.sql, $0.key.sql]) }
      + members.compactMap { member in
        member.scope.answerDigest.map { Bound(BookStatements.answer, [member.scope.merchant.text.sql, $0.sql]) }
      }
  }

  private var wanted: [SQLValue] {
    let orders = members.filter { $0.scope.order != nil }
    let payments = members.filter { $0.scope.payment != nil }
    return [
      .texts(members.compactMap(\.scope.link?.text)), .texts(orders.map(\.scope.merchant.text)),
      .texts(orders.compactMap(\.scope.order?.text)),
      limits.linksOfOrder.sql, .texts(payments.map(\.scope.merchant.text)),
      .texts(payments.compactMap { $0.scope.payment.map { "\($0.number)" } }),
    ]
  }

  /// - Parameter results: of `questions`.
  /// - Throws: where anything cannot be read; alone, each unit hears of its own.
  func snapshots(_ results: [PostgresResult]) throws -> [Snapshot] {
    let links = try links(results[1], payments: results[2], operations: results[3])
    var rest = results.dropFirst(4)
    let records = try members.map { member in
      try member.scope.idempotency.flatMap { reference in try Self.record(reference, rest.removeFirst()) }
    }
    let answers = try members.map { member in
      try member.scope.answerDigest.flatMap { digest in
        let result = rest.removeFirst()
        return result.count == 0 ? nil : try Verdict(answer: result.row(0), digest: digest)
      }
    }
    return members.indices.map { place in
      Snapshot(links: links.filter { members[place].scope.reaches($0) }, idempotency: records[place], answer: answers[place])
    }
  }

  /// Whole, newest first.
  private func links(_ result: PostgresResult, payments: PostgresResult, operations: PostgresResult) throws -> [PaymentLink] {
    var links: [String: PaymentLink] = [:]
    for place in 0..<result.count {
      let link = try StoredRow(link: result.row(place)).link()
      links[link.id.text] = link
    }
    // Rows of a link that came to have the payment only after the links were read are not ours.
    for place in 0..<payments.count {
      let id = try payments.row(place).string(PaymentColumn.link.rawValue)
      let payment = try StoredRow<PaymentColumn>(payments.row(place), key: "of \(id)").payment()
      links[id]?.payments.append(payment)
    }
    for place in 0..<operations.count {
      let id = try operations.row(place).string(OperationColumn.link.rawValue)
      try links[id]?.addOperation(operations.row(place))
    }
    return links.values.sorted { LinkPosition($0) > LinkPosition($1) }
  }

  private static func record(_ reference: IdempotencyReference, _ result: PostgresResult) throws -> IdempotencyRecord? {
    guard result.count > 0 else { return nil }
    return try StoredRow<IdempotencyColumn>(result.row(0), key: "of \(reference.caller)").record(
      caller: reference.caller, key: reference.key)
  }
}

extension Scope {
  /// Whether a unit of this scope reads the link.
  fileprivate func reaches(_ other: PaymentLink) -> Bool {
    guard other.merchant == merchant else { return false }
    return other.id == link || other.order == order || payment.map { other.payment($0) != nil } ?? false
  }

  /// What two units must not both have, in one group.
  var keys: [String] {
    var keys: [String] = []
    if let link { keys.append("link \(link.text)") }
    if let order { keys.append("order \(merchant.text) \(order.text)") }
    if let payment { keys.append("payment \(merchant.text) \(payment.number)") }
    if let idempotency { keys.append("key \(idempotency.caller) \(idempotency.key)") }
    if let answerDigest { keys.append("answer \(merchant.text) \(answerDigest)") }
    return keys
  }

  /// Of what may not be there yet, so that there is no row to lock: FNV-1a of its name, the same in every process.
  fileprivate var lockKeys: [Int64] {
    keys.filter { !$0.hasPrefix("link ") }.map { name in
      Int64(bitPattern: name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    }
  }
}
