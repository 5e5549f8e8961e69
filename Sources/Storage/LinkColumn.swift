import GRDB
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

  func value(of link: PaymentLink) throws -> DatabaseValue {
    switch self {
    case .id: link.id.text.databaseValue
    case .merchant: link.merchant.text.databaseValue
    case .order: link.order.text.databaseValue
    case .clientToken: link.tokens.client.text.databaseValue
    case .shortToken: link.tokens.short.text.databaseValue
    case .returnToken: link.tokens.return.text.databaseValue
    case .createdAt: link.createdAt.databaseValue
    case .expiresAt: link.expiresAt.databaseValue
    case .isTest: link.terms.isTest.databaseValue
    case .terms: try StoredJSON.text(link.terms).databaseValue
    case .status: link.status.rawValue.databaseValue
    case .sequence: link.sequence.databaseValue
    case .isLive: link.isLive.databaseValue
    case .flags: FlagBits(link.payments.flatMap(\.flags)).rawValue.databaseValue
    case .lookRank: link.lookRank.rawValue.databaseValue
    case .nextLookAt: link.nextLookAt?.databaseValue ?? .null
    case .askedAt: link.askedAt?.databaseValue ?? .null
    case .seenAt: link.seenAt?.databaseValue ?? .null
    case .acceptedAt: link.acceptedAt?.databaseValue ?? .null
    case .canceledAt: link.canceledAt?.databaseValue ?? .null
    case .openings: link.openings.databaseValue
    case .pageUrl: link.page?.url.databaseValue ?? .null
    case .pageKind: link.page?.kind?.databaseValue ?? .null
    case .pageQr: link.page?.qr?.databaseValue ?? .null
    case .pageExpiresAt: link.page?.expiresAt.databaseValue ?? .null
    }
  }
}

extension Timestamp {
  var databaseValue: DatabaseValue { milliseconds.databaseValue }
}

extension StoredRow<LinkColumn> {
  init(link row: Row) {
    self.init(row, key: "?")
    if let id: LinkID = try? value(.id) { key = id.text }
  }

  /// The link without its payments and operations.
  func link() throws(StoreError) -> PaymentLink {
    PaymentLink(
      id: try value(.id), merchant: try value(.merchant), order: try value(.order), terms: try json(.terms), tokens: try tokens(),
      createdAt: try time(.createdAt), expiresAt: try time(.expiresAt), status: try word(.status), sequence: try integer(.sequence),
      page: try page(), payments: [], seenAt: try timeIfAny(.seenAt), acceptedAt: try timeIfAny(.acceptedAt),
      canceledAt: try timeIfAny(.canceledAt), openings: Int(try integer(.openings)), askedAt: try timeIfAny(.askedAt),
      nextLookAt: try timeIfAny(.nextLookAt))
  }

  private func tokens() throws(StoreError) -> PaymentLink.Tokens {
    PaymentLink.Tokens(client: try value(.clientToken), short: try value(.shortToken), return: try value(.returnToken))
  }

  private func page() throws(StoreError) -> PaymentPage? {
    guard let url = try textIfAny(.pageUrl) else { return nil }
    return PaymentPage(url: url, kind: try textIfAny(.pageKind), qr: try textIfAny(.pageQr), expiresAt: try time(.pageExpiresAt))
  }
}
