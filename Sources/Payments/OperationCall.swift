/// An operation as the acquirer is asked for it.
package struct OperationRequest: Sendable {
  package var operation: Operation
  package var payment: PaymentID
  package var order: OrderID
  /// Whether it is about all of the money there is, so that the amount may be left out.
  package var isWhole: Bool
  package var link: LinkID

  package init(operation: Operation, payment: PaymentID, order: OrderID, isWhole: Bool, link: LinkID) {
    self.operation = operation
    self.payment = payment
    self.order = order
    self.isWhole = isWhole
    self.link = link
  }
}

package enum OperationAnswer: Hashable, Sendable {
  /// It is done; with the acquirer's number of it, where the answer brings one.
  case done(PaymentID?)
  /// It was taken and will be done: ask.
  case accepted(PaymentID?)
  /// A clear no, before anything moved.
  case refused(AcquirerRefusal)
  /// "Wrong payment status": it may have been done before, so it means ask, not failure (protocol §8).
  case wrongState(AcquirerRefusal)
  /// It may have been done; only the acquirer knows. The text says why we do not, for the log.
  case unknown(String)
  /// Proven: no byte reached the acquirer.
  case notSent(NotSent)
}

/// A refund as the acquirer lists it under a payment.
package struct ReportedRefund: Hashable, Sendable, Codable {
  package enum Status: String, Hashable, Sendable, Codable {
    case pending, succeeded, failed
  }

  package var id: PaymentID?
  /// Positive.
  package var amount: Money
  package var status: Status
  package var at: Timestamp?

  package init(id: PaymentID?, amount: Money, status: Status, at: Timestamp? = nil) {
    self.id = id
    self.amount = amount
    self.status = status
    self.at = at
  }
}
