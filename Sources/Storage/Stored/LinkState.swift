import JSON
import Payments

/// The part of a link that changes: an event keeps this alone, since the rest stands once in the link's own row.
struct LinkState: Codable {
  var status: LinkStatus
  var sequence: Int64
  var page: PaymentPage?
  var payments: [Payment]
  var operations: [Operation]
  var seenAt: Timestamp?
  var acceptedAt: Timestamp?
  var canceledAt: Timestamp?
  var openings: Int
  var askedAt: Timestamp?
  var nextLookAt: Timestamp?

  init(_ link: PaymentLink) {
    status = link.status
    sequence = link.sequence
    page = link.page
    payments = link.payments
    operations = link.operations
    seenAt = link.seenAt
    acceptedAt = link.acceptedAt
    canceledAt = link.canceledAt
    openings = link.openings
    askedAt = link.askedAt
    nextLookAt = link.nextLookAt
  }

  /// The link as it stood then.
  func link(like link: PaymentLink) -> PaymentLink {
    PaymentLink(
      id: link.id, merchant: link.merchant, order: link.order, terms: link.terms, tokens: link.tokens, createdAt: link.createdAt,
      expiresAt: link.expiresAt, status: status, sequence: sequence, page: page, payments: payments, operations: operations, seenAt: seenAt,
      acceptedAt: acceptedAt,
      canceledAt: canceledAt, openings: openings, askedAt: askedAt, nextLookAt: nextLookAt)
  }
}

// MARK: - As every event writes it: the text that Codable would make, without its containers

extension LinkState {
  func write(to json: inout JSONObjectWriter) throws {
    json.addIfAny("acceptedAt", acceptedAt?.milliseconds)
    json.addIfAny("askedAt", askedAt?.milliseconds)
    json.addIfAny("canceledAt", canceledAt?.milliseconds)
    json.addIfAny("nextLookAt", nextLookAt?.milliseconds)
    json.add("openings", Int64(openings))
    // Few links have any.
    if operations.isEmpty {
      json.addObjects("operations", [] as [Operation]) { _, _ in }
    } else {
      try json.add("operations", value: operations)
    }
    if let page { json.addObject("page") { page.write(to: &$0) } }
    json.addObjects("payments", payments) { payment, json in payment.write(to: &json) }
    json.addIfAny("seenAt", seenAt?.milliseconds)
    json.add("sequence", sequence)
    json.add("status", status.rawValue)
  }
}

extension PaymentPage {
  fileprivate func write(to json: inout JSONObjectWriter) {
    json.add("expiresAt", expiresAt.milliseconds)
    json.addIfAny("kind", kind)
    json.addIfAny("qr", qr)
    json.add("url", url)
  }
}

extension Payment {
  fileprivate func write(to json: inout JSONObjectWriter) {
    if let amount { json.addObject("amount") { amount.write(to: &$0) } }
    json.addIfAny("captureBy", captureBy?.milliseconds)
    json.addIfAny("captureToldAt", captureToldAt?.milliseconds)
    json.add("captured", captured)
    if let card {
      json.addObject("card") { json in
        json.addIfAny("brand", card.brand)
        json.add("maskedNumber", card.maskedNumber)
      }
    }
    json.add("changedAt", changedAt.milliseconds)
    json.addIfAny("checkedAt", checkedAt?.milliseconds)
    json.add("createdAt", createdAt.milliseconds)
    if let failure {
      json.addObject("failure") { json in
        json.add("code", failure.code)
        json.add("message", failure.message)
      }
    }
    json.add("flags", flags.map(\.rawValue))
    json.addIfAny("id", id?.number)
    json.addIfAny("method", method)
    json.add("ordinal", Int64(ordinal))
    json.addIfAny("paidAt", paidAt?.milliseconds)
    json.add("refunded", refunded)
    json.addIfAny("rejectedAt", rejectedAt?.milliseconds)
    json.add("status", status.rawValue)
  }
}
