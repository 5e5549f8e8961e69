import Payments

@testable import Storage

/// Books with one payer to erase and one to leave.
enum PayerBooks {
  static let phone = "+998901234567"
  static let email = "payer@example.uz"
  static let customer = "customer-77"
  /// Everything that must be nowhere afterwards.
  static let traces = ["998901234567", email, "10.11.12.13", customer, "4177-49XX-XXXX-2827", "loyal-9", "changed his mind"]
  /// What must stay.
  static let neighbour = ["998907654321", "4400-43XX-XXXX-0001"]

  /// A paid link of the payer's.
  static func theirs(_ order: String, number: Int64, merchant: MerchantName = Sample.shop, status: LinkStatus = .completed) -> PaymentLink {
    var terms = LinkTerms(
      amount: .exactly(Sample.money(900)), description: "Order \(order)",
      customer: Customer(id: customer, phone: phone, email: email, ip: "10.11.12.13"), metadata: ["cart": order])
    terms.options = AcquirerOptions(["loyalty": .group(["id": .text("loyal-9")]), "receipt": .list([.text("tea")])])
    var refund = Sample.operation(100, status: .unknown)
    refund.reason = "changed his mind"
    return link(order, terms, status, pan: "4177-49XX-XXXX-2827", number: number, refund, merchant)
  }

  /// A paid link of somebody else's.
  static func others(_ order: String, number: Int64, merchant: MerchantName = Sample.shop) -> PaymentLink {
    let terms = LinkTerms(
      amount: .exactly(Sample.money(900)), description: "Order \(order)", customer: Customer(phone: "+998907654321"),
      metadata: ["cart": order])
    return link(order, terms, .completed, pan: "4400-43XX-XXXX-0001", number: number, Sample.operation(100, status: .unknown), merchant)
  }

  private static func link(
    _ order: String, _ terms: LinkTerms, _ status: LinkStatus, pan: String, number: Int64, _ refund: Operation,
    _ merchant: MerchantName = Sample.shop
  ) -> PaymentLink {
    var payment = Sample.attempt(.paid, number: number, amount: 900, captured: 900)
    payment.card = Card(maskedNumber: pan, brand: "VI")
    return PaymentLink(
      id: LinkID(at: Sample.start), merchant: merchant, order: Sample.order(order), terms: terms, tokens: .init(),
      createdAt: Sample.start, expiresAt: Sample.at(600), status: status, sequence: 2, page: nil, payments: [payment],
      operations: [refund], seenAt: nil, acceptedAt: nil, canceledAt: nil, openings: 1, askedAt: nil, nextLookAt: nil)
  }

  /// A message as `CallbackEvidence` keeps it.
  static func message(
    _ fields: [(String, String)], of link: LinkID?, payment: Int64?, merchant: MerchantName = Sample.shop
  ) -> MessageRecord {
    let pairs = fields.map { "[\"\($0.0)\",\"\($0.1)\"]" }
    return MessageRecord(
      at: Sample.start, merchant: merchant, source: .result, paymentID: payment.map(Sample.payment), order: nil, link: link,
      reading: .applied, verdict: .accept, isRemembered: true,
      evidence: Evidence(message: "[\(pairs.joined(separator: ","))]", digest: LinkID(at: Sample.start).text))
  }
}

extension BookStore {
  func insert(_ message: MessageRecord) async throws {
    try await perform(
      Work(Scope(merchant: message.merchant)) { _ in
        var changes = Changes()
        changes.message = message
        return Decision((), changes)
      })
  }

  /// A link with an event, and three messages: one of the link, one of before anybody knew its link, and, where the link's payer has a phone, one of no link at all.
  func insertWithMessages(_ link: PaymentLink, isPhoneSeen: Bool = true) async throws {
    try await insert(link, events: [Event(kind: .paymentPaid, at: Sample.start, merchant: link.merchant, link: link)])
    let (phone, number) = (String((link.terms.customer.phone ?? "").dropFirst()), link.payments[0].id?.number)
    try await insert(PayerBooks.message([("pg_user_phone", phone)], of: link.id, payment: number, merchant: link.merchant))
    let card = link.payments[0].card?.maskedNumber ?? ""
    try await insert(PayerBooks.message([("pg_card_pan", card)], of: nil, payment: number, merchant: link.merchant))
    guard isPhoneSeen else { return }
    let stray = PayerBooks.message(
      [("pg_user_phone", phone)], of: nil, payment: number.map { 1000 + $0 }, merchant: link.merchant)
    try await insert(stray)
  }

  /// The text of every column of every row.
  func everything() async throws -> String {
    let isPostgres = self is PostgresStore
    return try await read("reading all") { reader in
      let tables = SQLStatement(
        isPostgres
          ? "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
          : "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      var all = ""
      for table in try reader.db.all(tables, [], { try $0.string(0) }) {
        let rows = isPostgres ? "CAST(held AS TEXT)" : try columns(of: table, reader.db)
        let text = SQLStatement("SELECT \(rows) FROM \(table) held ORDER BY 1")
        let found = try reader.db.all(text, []) { try $0.string(0) }
        all += "\(table)\n\(found.joined(separator: "\n"))\n"
      }
      return all
    }
  }
}

private func columns(of table: String, _ db: any SQLConnection) throws -> String {
  try db.all(SQLStatement("SELECT name FROM pragma_table_info('\(table)')"), []) { try $0.string(0) }
    .map { "coalesce(CAST(\($0) AS TEXT), '')" }.joined(separator: " || ' ' || ")
}
