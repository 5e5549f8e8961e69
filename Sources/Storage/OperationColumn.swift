import GRDB
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
  func value(of operation: Operation, at place: Int, under link: PaymentLink) throws -> DatabaseValue {
    switch self {
    case .link: link.id.text.databaseValue
    case .ordinal: (place + 1).databaseValue
    case .id: operation.id.text.databaseValue
    case .merchant: link.merchant.text.databaseValue
    case .kind: operation.kind.rawValue.databaseValue
    case .payment: operation.payment.databaseValue
    case .amount: operation.amount.minorUnits.databaseValue
    case .currency: operation.amount.currency.code.databaseValue
    case .origin: operation.origin.rawValue.databaseValue
    case .requestedAt: operation.requestedAt.databaseValue
    case .reason: operation.reason?.databaseValue ?? .null
    case .options: try StoredJSON.text(operation.options).databaseValue
    case .status: operation.status.rawValue.databaseValue
    case .baseline: try StoredJSON.text(operation.baseline).databaseValue
    case .reference: operation.reference?.number.databaseValue ?? .null
    case .failureCode: operation.failure?.code.databaseValue ?? .null
    case .failureMessage: operation.failure?.message.databaseValue ?? .null
    case .sentAt: operation.sentAt?.databaseValue ?? .null
    case .endedAt: operation.endedAt?.databaseValue ?? .null
    case .looks: operation.looks.databaseValue
    case .nextLookAt: operation.nextLookAt?.databaseValue ?? .null
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
