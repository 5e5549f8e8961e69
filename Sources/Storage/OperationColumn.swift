import Payments

/// Table `operation`: one row for each capture, cancel or refund under a link, in the order of asking. What was asked for stays as it was
/// asked: the schema refuses to change it. An operation's end is written before its payment's row, and its beginning after it, so that the
/// reservation which the schema keeps (`payment.refunding`, `payment.capturing`) is never larger than what will stand.
enum OperationColumn: Int, Column {
  case link, ordinal, id, merchant, kind, payment, amount, currency, origin, requestedAt
  case reason, options, status, baseline, reference, failureCode, failureMessage, sentAt, endedAt, looks, nextLookAt

  static let table = "operation"

  var name: String { Self.names[rawValue] }

  private static let names = allCases.map { spelled("\($0)") }

  static let changing = allCases.filter { $0.rawValue >= reason.rawValue }

  /// - Parameter place: from 0, in the link's list.
  func value(of operation: Operation, at place: Int, under link: PaymentLink) throws -> SQLValue {
    switch self {
    case .link: link.id.text.sql
    case .ordinal: (place + 1).sql
    case .id: operation.id.text.sql
    case .merchant: link.merchant.text.sql
    case .kind: operation.kind.rawValue.sql
    case .payment: operation.payment.sql
    case .amount: operation.amount.minorUnits.sql
    case .currency: operation.amount.currency.code.sql
    case .origin: operation.origin.rawValue.sql
    case .requestedAt: operation.requestedAt.sql
    case .reason: operation.reason?.sql ?? .null
    case .options: try StoredJSON.text(operation.options).sql
    case .status: operation.status.rawValue.sql
    case .baseline: try StoredJSON.text(operation.baseline).sql
    case .reference: operation.reference?.number.sql ?? .null
    case .failureCode: operation.failure?.code.sql ?? .null
    case .failureMessage: operation.failure?.message.sql ?? .null
    case .sentAt: operation.sentAt?.sql ?? .null
    case .endedAt: operation.endedAt?.sql ?? .null
    case .looks: operation.looks.sql
    case .nextLookAt: operation.nextLookAt?.sql ?? .null
    }
  }
}

extension StoredRow<OperationColumn> {
  /// - Parameter place: from 0, in the link's list; a gap means that a row was lost.
  func operation(at place: Int) throws(StoreError) -> Operation {
    guard try integer(.ordinal) == place + 1 else { throw corrupt(.ordinal) }
    guard let amount = try moneyIfAny(.amount, .currency), amount.minorUnits > 0 else { throw corrupt(.amount) }
    return Operation(
      id: try value(.id), kind: try word(.kind), payment: Int(try integer(.payment)), amount: amount, origin: try word(.origin),
      requestedAt: try time(.requestedAt), reason: try textIfAny(.reason), options: try json(.options), status: try word(.status),
      baseline: try json(.baseline), reference: try paymentIDIfAny(.reference), failure: try failure(), sentAt: try timeIfAny(.sentAt),
      endedAt: try timeIfAny(.endedAt), looks: Int(try integer(.looks)), nextLookAt: try timeIfAny(.nextLookAt))
  }

  private func failure() throws(StoreError) -> Failure? {
    guard let code = try textIfAny(.failureCode) else { return nil }
    return Failure(code: code, message: try text(.failureMessage))
  }
}
