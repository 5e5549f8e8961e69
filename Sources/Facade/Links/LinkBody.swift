import Payments

/// A payment link as the API shows it (design §4.4). Plain optionals are left out where nil; `Nullable` members are always there.
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
  let amount: Nullable<Int64>
  let currency: String
  let amountRange: Nullable<AmountRange>
  let description: String
  /// Addresses that open something for whoever has them are not in events.
  let url: Nullable<String>?
  let shortURL: String?
  let qr: Nullable<String>?
  let clientToken: String?
  let expiresAt: String
  let createdAt: String
  let metadata: [String: String]?
  let payment: Nullable<PaymentBody>
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
      amount = Nullable(price.minorUnits)
      amountRange = Nullable(nil)
    case .between(let least, let most, let suggested):
      amount = Nullable(suggested?.minorUnits)
      amountRange = Nullable(AmountRange(min: least.minorUnits, max: most.minorUnits))
    }
    description = link.terms.description
    url = publicURL.map { _ in Nullable(link.page?.url) }
    shortURL = publicURL.map(link.shortURL)
    qr = isListed ? nil : Nullable(link.page?.qr)
    clientToken = view != .clientToken && publicURL != nil ? Access.clientPrefix + link.tokens.client.text : nil
    expiresAt = link.expiresAt.rfc3339
    createdAt = link.createdAt.rfc3339
    metadata = isFull ? link.terms.metadata : nil
    payment = Nullable(link.counting.map { PaymentBody($0, currency: link.terms.amount.currency, view: view) })
    payments = link.payments.reversed().map { PaymentBody($0, currency: link.terms.amount.currency, view: view) }
    refunds = isFull ? RefundBody.all(of: link) : nil
  }

  enum CodingKeys: String, CodingKey {
    case id, object, status, sequence, test, merchant, amount, currency, description, url, qr, metadata, payment, payments, refunds
    case orderID = "order_id"
    case amountRange = "amount_range"
    case shortURL = "short_url"
    case clientToken = "client_token"
    case expiresAt = "expires_at"
    case createdAt = "created_at"
  }
}

extension PaymentLink {
  /// What is given to payers and drawn as QR code.
  func shortURL(_ publicURL: String) -> String { "\(publicURL)/p/\(tokens.short.text)" }
}
