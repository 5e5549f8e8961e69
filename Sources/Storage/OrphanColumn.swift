import Payments

/// Table `orphan`: one row for each payment that callbacks spoke of and no link had when they came. What is adopted stays here, and is passed over.
enum OrphanColumn: Int, Column {
  case merchant, payment, orderId, status, amount, currency, firstAt, lastAt, messages

  static let table = "orphan"

  var name: String { Self.names[rawValue] }

  private static let names = allCases.map { spelled("\($0)") }

  func value(of orphan: Orphan) -> SQLValue {
    switch self {
    case .merchant: orphan.merchant.text.sql
    case .payment: orphan.payment.number.sql
    case .orderId: orphan.order?.text.sql ?? .null
    case .status: orphan.status.rawValue.sql
    case .amount: orphan.amount?.minorUnits.sql ?? .null
    case .currency: orphan.amount?.currency.code.sql ?? .null
    case .firstAt: orphan.firstAt.sql
    case .lastAt: orphan.lastAt.sql
    case .messages: orphan.messages.sql
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
