import GRDB
import Payments

/// Table `orphan`: one row for each payment that callbacks spoke of and no link had when they came. What is adopted stays here, and is passed over.
enum OrphanColumn: Int, Column {
  case merchant, payment, orderId, status, amount, currency, firstAt, lastAt, messages

  static let table = "orphan"

  var name: String { Self.names[rawValue] }

  private static let names = allCases.map { spelled("\($0)") }

  func value(of orphan: Orphan) -> DatabaseValue {
    switch self {
    case .merchant: orphan.merchant.text.databaseValue
    case .payment: orphan.payment.number.databaseValue
    case .orderId: orphan.order?.text.databaseValue ?? .null
    case .status: orphan.status.rawValue.databaseValue
    case .amount: orphan.amount?.minorUnits.databaseValue ?? .null
    case .currency: orphan.amount?.currency.code.databaseValue ?? .null
    case .firstAt: orphan.firstAt.databaseValue
    case .lastAt: orphan.lastAt.databaseValue
    case .messages: orphan.messages.databaseValue
    }
  }
}

extension StoredRow<OrphanColumn> {
  func orphan() throws(StoreError) -> Orphan {
    guard let payment = try paymentIDIfAny(.payment) else { throw corrupt(.payment) }
    return Orphan(
      merchant: try value(.merchant), payment: payment, order: try textIfAny(.orderId) == nil ? nil : try value(.orderId),
      status: try word(.status), amount: try moneyIfAny(.amount, .currency), firstAt: try time(.firstAt), lastAt: try time(.lastAt),
      messages: Int(try integer(.messages)))
  }
}

/// The statements about orphans and about what is not finished.
enum OpenBusinessStatements {
  /// The newest message counts; the first time stays.
  static let noteOrphan = """
    INSERT INTO orphan (\(OrphanColumn.list)) VALUES (\(OrphanColumn.parameters))
    ON CONFLICT (merchant, payment) DO UPDATE SET
      order_id = coalesce(excluded.order_id, orphan.order_id), status = excluded.status, amount = coalesce(excluded.amount, orphan.amount),
      currency = coalesce(excluded.currency, orphan.currency), last_at = excluded.last_at, messages = orphan.messages + 1
    """

  private static let unadopted = """
    NOT EXISTS (SELECT 1 FROM payment WHERE payment.merchant = orphan.merchant AND payment.number = orphan.payment)
    """
  static let orphans = """
    SELECT \(OrphanColumn.list) FROM orphan WHERE merchant = :merchant AND payment < :before AND \(unadopted)
    ORDER BY payment DESC LIMIT :limit
    """
  static let orphan = "SELECT \(OrphanColumn.list) FROM orphan WHERE merchant = :merchant AND payment = :payment AND \(unadopted)"

  static func oldest(_ kind: Unfinished.Kind) -> String {
    switch kind {
    case .link: "SELECT min(created_at) FROM link WHERE status = :status AND status IN ('creating', 'active', 'review')"
    case .payment: "SELECT min(changed_at) FROM payment WHERE status = :status AND status IN ('authorized', 'unknown')"
    case .operation: "SELECT min(requested_at) FROM operation WHERE status = :status AND status IN ('requested', 'sent', 'unknown')"
    }
  }
}

extension BookReader {
  /// A page of what nobody has adopted, the acquirer's newest number first.
  func orphans(_ query: OrphanQuery) throws -> OrphanPage {
    precondition(query.limit > 0, "the edge judges a list's limit")
    var orphans: [Orphan] = []
    for merchant in Set(query.merchants) {
      let rows = try Row.fetchCursor(
        try db.cachedStatement(sql: OpenBusinessStatements.orphans),
        arguments: ["merchant": merchant.text, "before": query.before?.number ?? Int64.max, "limit": query.limit + 1])
      while let row = try rows.next() { orphans.append(try StoredRow<OrphanColumn>(row, key: "of \(merchant)").orphan()) }
    }
    orphans.sort { $0.payment.number > $1.payment.number }
    return OrphanPage(orphans: Array(orphans.prefix(query.limit)), hasMore: orphans.count > query.limit)
  }

  func orphan(_ payment: PaymentID, of merchant: MerchantName) throws -> Orphan? {
    let statement = try db.cachedStatement(sql: OpenBusinessStatements.orphan)
    guard let row = try Row.fetchOne(statement, arguments: ["merchant": merchant.text, "payment": payment.number]) else { return nil }
    return try StoredRow<OrphanColumn>(row, key: "of \(merchant)").orphan()
  }

  func oldest() throws -> [Unfinished] {
    try Unfinished.watched.map { kind, status in
      let statement = try db.cachedStatement(sql: OpenBusinessStatements.oldest(kind))
      let since = try Int64.fetchOne(statement, arguments: ["status": status])
      return Unfinished(kind: kind, status: status, since: since.map { Timestamp(milliseconds: $0) })
    }
  }
}
