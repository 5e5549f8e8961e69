import Payments

/// Table `event`. `feed`, its place in the one order of all events, is given once (`PostgresSequencer`).
enum EventColumn: Int, Column {
  case id, merchant, link, sequence, kind, at, state, orphan

  static let table = "event"

  var name: String { Self.names[rawValue] }

  private static let names = allCases.map { spelled("\($0)") }

  func value(of event: Event) throws -> SQLValue {
    switch self {
    case .id: event.id.text.sql
    case .merchant: event.merchant.text.sql
    case .link: event.link?.id.text.sql ?? .null
    case .sequence: event.sequence.sql
    case .kind: event.kind.rawValue.sql
    case .at: event.at.sql
    case .state: try event.link.map { try StoredJSON.text(LinkState($0)).sql } ?? .null
    case .orphan: try event.orphan.map { try StoredJSON.text(OrphanState($0)).sql } ?? .null
    }
  }
}

/// What an event without a link keeps of its orphan.
struct OrphanState: Codable {
  var payment: PaymentID
  var order: OrderID?
  var status: PaymentStatus
  var amount: Money?

  init(_ orphan: Orphan) {
    payment = orphan.payment
    order = orphan.order
    status = orphan.status
    amount = orphan.amount
  }

  func orphan(of merchant: MerchantName, at time: Timestamp) -> Orphan {
    Orphan(merchant: merchant, payment: payment, order: order, status: status, amount: amount, firstAt: time, lastAt: time, messages: 1)
  }
}

extension StoredRow<EventColumn> {
  init(event row: SQLRow) {
    self.init(row, key: "?")
    if let id: EventID = try? value(.id) { key = id.text }
  }

  /// What makes the event, given its link as it stands now.
  func eventOfLink() throws(StoreError) -> (PaymentLink) -> Event {
    let state: LinkState = try json(.state)
    let bare = Event(
      id: try value(.id), kind: try word(.kind), at: try time(.at), merchant: try value(.merchant), sequence: try integer(.sequence),
      link: nil)
    return { link in
      Event(
        id: bare.id, kind: bare.kind, at: bare.at, merchant: bare.merchant, sequence: bare.sequence, link: state.link(like: link))
    }
  }
}
