import JSON
import Payments

/// A payment link as the API shows it (design §4.4). What is nil stands there as null; an optional of an optional is left out where it is nil.
struct LinkBody: Encodable, Sendable {
  /// Who looks.
  enum View: Sendable {
    case key
    /// No metadata, refunds, card or flags, and no token.
    case clientToken
    /// A browser that made the link: what a client token shows, and that token, so that it can read on.
    case publishableKey
  }

  let id: String
  let object = "payment_link"
  let status: LinkStatus
  let sequence: Int64
  let test: Bool
  let merchant: String
  let orderID: String
  /// The price; with a range the suggestion.
  let amount: Int64?
  let currency: String
  let amountRange: AmountRange?
  let description: String
  /// Addresses that open something for whoever has them are not in events.
  let url: String??
  let shortURL: String?
  let qr: String??
  let clientToken: String?
  let expiresAt: String
  let createdAt: String
  let metadata: [String: String]?
  let payment: PaymentBody?
  let payments: [PaymentBody]
  let refunds: [RefundBody]?

  struct AmountRange: Encodable, Sendable {
    let min: Int64
    let max: Int64
  }

  /// - Parameter isListed: a list shows no picture.
  init(_ link: PaymentLink, publicURL: String, view: View = .key, isListed: Bool = false) {
    self.init(link, publicURL: .some(publicURL), view: view, isListed: isListed)
  }

  /// The link in an event: without its tokens and what is made from them, and without the payer's page.
  init(inEvent link: PaymentLink, view: View) {
    self.init(link, publicURL: nil, view: view, isListed: true)
  }

  /// - Parameter publicURL: nil for a body that carries no address.
  private init(_ link: PaymentLink, publicURL: String?, view: View, isListed: Bool) {
    let isFull = view == .key
    id = link.id.text
    status = link.status
    sequence = link.sequence
    test = link.terms.isTest
    merchant = link.merchant.text
    orderID = link.order.text
    currency = link.terms.amount.currency.code
    switch link.terms.amount {
    case .exactly(let price):
      amount = price.minorUnits
      amountRange = nil
    case .between(let least, let most, let suggested):
      amount = suggested?.minorUnits
      amountRange = AmountRange(min: least.minorUnits, max: most.minorUnits)
    }
    description = link.terms.description
    url = publicURL == nil ? .none : .some(link.page?.url)
    shortURL = publicURL.map(link.shortURL)
    qr = isListed ? .none : .some(link.page?.qr)
    clientToken = view != .clientToken && publicURL != nil ? Access.clientPrefix + link.tokens.client.text : nil
    expiresAt = link.expiresAt.rfc3339
    createdAt = link.createdAt.rfc3339
    metadata = isFull ? link.terms.metadata : nil
    payment = link.counting.map { PaymentBody($0, currency: link.terms.amount.currency, view: view) }
    payments = link.payments.reversed().map { PaymentBody($0, currency: link.terms.amount.currency, view: view) }
    refunds = isFull ? RefundBody.all(of: link) : nil
  }
}

extension LinkBody {
  func encode(to encoder: any Encoder) throws {
    var json = JSONObjectWriter(encoder)
    json.add("amount", amount)
    try json.add("amount_range", value: amountRange)
    if let clientToken { json.add("client_token", clientToken) }
    json.add("created_at", createdAt)
    json.add("currency", currency)
    json.add("description", description)
    json.add("expires_at", expiresAt)
    json.add("id", id)
    json.add("merchant", merchant)
    if let metadata { try json.add("metadata", value: metadata) }
    json.add("object", object)
    json.add("order_id", orderID)
    try json.add("payment", value: payment)
    try json.add("payments", value: payments)
    if let qr { json.add("qr", qr) }
    if let refunds { try json.add("refunds", value: refunds) }
    json.add("sequence", sequence)
    if let shortURL { json.add("short_url", shortURL) }
    json.add("status", status.rawValue)
    json.add("test", test)
    if let url { json.add("url", url) }
  }
}

extension LinkBody.AmountRange {
  func encode(to encoder: any Encoder) throws {
    var json = JSONObjectWriter(encoder)
    json.add("max", max)
    json.add("min", min)
  }
}

extension PaymentLink {
  /// What is given to payers and drawn as QR code.
  func shortURL(_ publicURL: String) -> String { "\(publicURL)/p/\(tokens.short.text)" }
}
