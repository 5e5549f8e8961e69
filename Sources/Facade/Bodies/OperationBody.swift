import JSON
import Payments

/// The bodies of capture `{"amount"?}`, cancel `{"receipt"?}` and refunds `{"amount"?, "payment_id"?, "reason"?, "receipt"?}` (design §4.3), every fault at once.
enum OperationBody {
  private static let reason = TextRule(length: 1...255, hasLines: true)

  static func capture(_ tree: JSONTree) throws(Problem) -> NewOperation {
    try read(tree) { reader in NewOperation(kind: .capture, amount: amount(&reader)) }
  }

  static func cancel(_ tree: JSONTree) throws(Problem) -> NewOperation {
    try read(tree) { reader in NewOperation(kind: .cancel, options: OptionMembers.readReceipt(&reader)) }
  }

  static func refund(_ tree: JSONTree) throws(Problem) -> NewOperation {
    try read(tree) { reader in
      NewOperation(
        kind: .refund, amount: amount(&reader), payment: reader.value("payment_id", payment), reason: reader.text("reason", reason),
        options: OptionMembers.readReceipt(&reader))
    }
  }

  private static func read(
    _ tree: JSONTree, _ members: (inout ObjectReader) -> NewOperation
  ) throws(Problem) -> NewOperation {
    var faults = CardNumber.faults(in: tree)
    guard case .object(let object) = tree else {
      throw Problem(faults: faults + [FieldFault(pointer: "", code: .wrongType, detail: "must be an object")])
    }
    var reader = ObjectReader(object)
    let operation = members(&reader)
    reader.finish()
    faults += reader.faults
    guard faults.isEmpty else { throw Problem(faults: faults) }
    return operation
  }

  /// nil means all that there is.
  private static func amount(_ reader: inout ObjectReader) -> Int64? { reader.integer("amount", in: AmountMembers.amounts) }

  private static func payment(_ tree: JSONTree) throws(ValueFault) -> PaymentID {
    let number = try WholeNumber.read(tree, in: 1...Int64.max)
    do throws(InvalidValue) {
      return try PaymentID(number)
    } catch {
      throw ValueFault(.malformed, error.rule)
    }
  }
}
