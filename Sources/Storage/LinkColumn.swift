import Payments

/// Table `link`: what is searched, constrained or changes has a column; the terms, which never change, stand in one as JSON.
enum LinkColumn: Int, Column {
  case id, merchant, order, clientToken, shortToken, returnToken, createdAt, expiresAt, isTest, terms
  case status, sequence, isLive, flags, lookRank, nextLookAt, askedAt, seenAt, acceptedAt, canceledAt, openings
  case pageUrl, pageKind, pageQr, pageExpiresAt

  static let table = "link"

  var name: String { self == .order ? "order_id" : Self.names[rawValue] }

  private static let names = allCases.map { spelled("\($0)") }

  /// All that an update may change.
  static let changing = allCases.filter { $0.rawValue >= status.rawValue }

  func value(of link: PaymentLink) throws -> SQLValue {
    switch self {
    case .id: link.id.text.sql
    case .merchant: link.merchant.text.sql
    case .order: link.order.text.sql
    case .clientToken: link.tokens.client.text.sql
    case .shortToken: link.tokens.short.text.sql
    case .returnToken: link.tokens.return.text.sql
    case .createdAt: link.createdAt.sql
    case .expiresAt: link.expiresAt.sql
    case .isTest: link.terms.isTest.sql
    case .terms: try StoredJSON.text(link.terms).sql
    case .status: link.status.rawValue.sql
    case .sequence: link.sequence.sql
    case .isLive: link.isLive.sql
    case .flags: FlagBits(link.payments.flatMap(\.flags)).rawValue.sql
    case .lookRank: link.lookRank.rawValue.sql
    case .nextLookAt: link.nextLookAt?.sql ?? .null
    case .askedAt: link.askedAt?.sql ?? .null
    case .seenAt: link.seenAt?.sql ?? .null
    case .acceptedAt: link.acceptedAt?.sql ?? .null
    case .canceledAt: link.canceledAt?.sql ?? .null
    case .openings: link.openings.sql
    case .pageUrl: link.page?.url.sql ?? .null
    case .pageKind: link.page?.kind?.sql ?? .null
    case .pageQr: link.page?.qr?.sql ?? .null
    case .pageExpiresAt: link.page?.expiresAt.sql ?? .null
    }
  }
}

extension StoredRow<LinkColumn> {
  init(link row: SQLRow) {
    self.init(row, key: "?")
    if let id: LinkID = try? value(.id) { key = id.text }
  }

  /// The link without its payments and operations.
  func link() throws(StoreError) -> PaymentLink {
    PaymentLink(
      id: try value(.id), merchant: try value(.merchant), order: try value(.order), terms: try terms(), tokens: try tokens(),
      createdAt: try time(.createdAt), expiresAt: try time(.expiresAt), status: try word(.status), sequence: try integer(.sequence),
      page: try page(), payments: [], seenAt: try timeIfAny(.seenAt), acceptedAt: try timeIfAny(.acceptedAt),
      canceledAt: try timeIfAny(.canceledAt), openings: Int(try integer(.openings)), askedAt: try timeIfAny(.askedAt),
      nextLookAt: try timeIfAny(.nextLookAt))
  }

  private func terms() throws(StoreError) -> LinkTerms {
    let text = try text(.terms)
    do { return try StoredJSON.terms(from: text) } catch { throw corrupt(.terms) }
  }

  private func tokens() throws(StoreError) -> PaymentLink.Tokens {
    PaymentLink.Tokens(client: try value(.clientToken), short: try value(.shortToken), return: try value(.returnToken))
  }

  private func page() throws(StoreError) -> PaymentPage? {
    guard let url = try textIfAny(.pageUrl) else { return nil }
    return PaymentPage(url: url, kind: try textIfAny(.pageKind), qr: try textIfAny(.pageQr), expiresAt: try time(.pageExpiresAt))
  }
}
