import Payments

/// The fields of a capture, cancel or refund (protocol §8, catalogue §3.7-3.9, §5.7-5.9). `pg_salt` and `pg_sig` come with signing.
struct OperationFields {
  let merchant: FreedomPayMerchant
  let request: OperationRequest

  private var operation: Operation { request.operation }

  var fields: Fields {
    var fields = Fields()
    fields.add("pg_merchant_id", String(merchant.number))
    fields.add("pg_payment_id", String(request.payment.number))
    switch operation.kind {
    case .capture: if !request.isWhole { fields.add("pg_clearing_amount", operation.amount.decimal) }
    // Holds are given back whole.
    case .cancel: break
    case .refund: addRefund(to: &fields)
    }
    if operation.kind != .capture {
      AcquirerExtras(receipt, currency: operation.amount.currency, region: merchant.region).add(to: &fields)
    }
    return fields
  }

  /// Without an amount all of it is given back. A currency says what the amount is in.
  private func addRefund(to fields: inout Fields) {
    switch merchant.family {
    case .gateway:
      guard !request.isWhole else { return }
      fields.add("pg_amount", operation.amount.decimal)
      fields.add("pg_currency", operation.amount.currency.code)
    case .merchant:
      if !request.isWhole { fields.add("pg_refund_amount", operation.amount.decimal) }
      // The only one of these calls that has such a key (catalogue §12.11).
      fields.add("pg_idempotency_key", operation.id.text)
    }
  }

  /// The receipt alone of what the shop gave, without `mark_list`: that stands on pages and cards only (catalogue §0, RP).
  private var receipt: AcquirerOptions {
    guard case .list(let positions) = operation.options.values["receipt"] else { return AcquirerOptions() }
    let unmarked = positions.map { position -> AcquirerOptions.Value in
      guard case .group(var members) = position else { return position }
      members["mark_list"] = nil
      return .group(members)
    }
    return AcquirerOptions(["receipt": .list(unmarked)])
  }

  /// What is wrong about the receipt: nothing is sent then.
  var fault: AcquirerRefusal? {
    guard operation.kind != .capture else { return nil }
    var terms = LinkTerms(amount: .exactly(operation.amount), description: "")
    terms.options = operation.options
    guard let fault = TermsFaults(merchant: merchant, terms: terms, order: request.order).receiptFaults.first else { return nil }
    return AcquirerRefusal(kind: .refused, code: "invalid_receipt", description: "\(fault.pointer) \(fault.detail)")
  }
}

extension Family {
  /// Where an operation is asked for.
  func path(of kind: Operation.Kind) -> String {
    switch (self, kind) {
    case (.gateway, .capture): "/g2g/clearing"
    case (.gateway, .cancel): "/g2g/cancel"
    case (.gateway, .refund): "/g2g/refund"
    case (.merchant, .capture): "/do_capture.php"
    case (.merchant, .cancel): "/cancel.php"
    case (.merchant, .refund): "/revoke.php"
    }
  }
}
