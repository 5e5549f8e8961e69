import Payments

/// The statements about links, their payments and operations. Each has an index that serves it whole; a test asks the engine.
enum LinkStatements {
  static let byID = select(where: "id = :id")
  static let byPayment = select(where: "id = (SELECT link FROM payment WHERE merchant = :merchant AND number = :number)")

  static let ofOrder = select(where: "merchant = :merchant AND order_id = :order ORDER BY created_at DESC, id DESC LIMIT :limit")
  /// For an order with more links than a unit reads: the live ones first, so that the bound never cuts them off.
  static let liveOfOrder = select(
    where: "merchant = :merchant AND order_id = :order ORDER BY is_live DESC, created_at DESC, id DESC LIMIT :limit")

  static func byToken(_ kind: TokenKind) -> SQLStatement {
    switch kind {
    case .client: byClientToken
    case .short: byShortToken
    case .return: byReturnToken
    }
  }

  private static let byClientToken = select(where: "client_token = :token")
  private static let byShortToken = select(where: "short_token = :token")
  private static let byReturnToken = select(where: "return_token = :token")

  /// Of many links by their names; each is found by the index.
  static let sequences = SQLStatement { dialect in
    "SELECT link.id, link.sequence FROM \(dialect.each(":names", as: "name")) \(dialect.leading) link ON link.id = name.value"
  }
  static let insertMetadata = SQLStatement(
    "INSERT INTO link_metadata (merchant, key, value, created_at, id) VALUES (:merchant, :key, :value, :created_at, :id)")

  static let payments = SQLStatement("SELECT \(PaymentColumn.list) FROM payment WHERE link = :link ORDER BY ordinal")
  static let operations = SQLStatement("SELECT \(OperationColumn.list) FROM operation WHERE link = :link ORDER BY ordinal")

  /// Steps aside where another link has the order's place: the expected conflict does not raise.
  static let insert = SQLStatement {
    $0.demanding(
      """
      INSERT INTO link (\(LinkColumn.list), holds_order) VALUES (\(LinkColumn.parameters), :is_live)
      ON CONFLICT (merchant, order_id) WHERE holds_order = 1 DO NOTHING
      """)
  }

  /// A link that comes back to life takes the order's place only where it is free. Nothing is changed where the link is no more as it was read.
  static let update = SQLStatement {
    $0.demanding(
      """
      UPDATE link SET \(LinkColumn.assignments(LinkColumn.changing)),
        holds_order = CASE WHEN CAST(:is_live AS BIGINT) = 1 AND (holds_order = 1 OR NOT EXISTS
          (SELECT 1 FROM link other WHERE other.merchant = link.merchant AND other.order_id = link.order_id AND other.holds_order = 1))
          THEN 1 ELSE 0 END
      WHERE id = :id AND sequence = :read_sequence
      """)
  }

  static let savePayment = SQLStatement(
    """
    INSERT INTO payment (\(PaymentColumn.list)) VALUES (\(PaymentColumn.parameters))
    ON CONFLICT (link, ordinal) DO UPDATE SET \(PaymentColumn.changing.map { "\($0.name) = excluded.\($0.name)" }.joined(separator: ", "))
    """)

  static let saveOperation = SQLStatement(
    """
    INSERT INTO operation (\(OperationColumn.list)) VALUES (\(OperationColumn.parameters))
    ON CONFLICT (link, ordinal) DO UPDATE SET \(OperationColumn.changing.map { "\($0.name) = excluded.\($0.name)" }.joined(separator: ", "))
    """)

  /// Walks the index from merchant to merchant instead of reading every link.
  static let merchants = SQLStatement(
    """
    WITH RECURSIVE held (merchant) AS (
      SELECT min(merchant) FROM link
      UNION ALL
      SELECT (SELECT min(link.merchant) FROM link WHERE link.merchant > held.merchant) FROM held WHERE held.merchant IS NOT NULL
    ) SELECT merchant FROM held WHERE merchant IS NOT NULL
    """)

  private static func select(where condition: String) -> SQLStatement {
    SQLStatement("SELECT \(LinkColumn.list) FROM link WHERE \(condition)")
  }
}
