import Payments

/// The fields of a page call: every parameter of the seed page, from the link's terms, the merchant's settings and our own addresses
/// (protocol §2.3). `pg_salt` and `pg_sig` come with signing. No empty parameter is ever sent (protocol §1.4).
struct PageFields {
  /// Our own field, which the acquirer gives back, signed, in check and result (protocol §1.5).
  static let linkField = "paylink_link"
  /// Bounds of `pg_lifetime`, in seconds (protocol §2.3).
  static let lifetimes: ClosedRange<Int64> = 300...604_800

  /// How long a page is asked to live, in seconds: the rest of its link's life within the acquirer's bounds.
  static func lifetime(_ request: PageRequest) -> Int64 {
    min(max(request.lifetime.components.seconds, lifetimes.lowerBound), lifetimes.upperBound)
  }

  private let merchant: FreedomPayMerchant
  private let request: PageRequest
  private let link: PaymentLink
  private let terms: LinkTerms

  init(merchant: FreedomPayMerchant, request: PageRequest) {
    self.merchant = merchant
    self.request = request
    link = request.link
    terms = request.link.terms
  }

  var fields: Fields {
    var fields = Fields()
    addOrder(to: &fields)
    addAmount(to: &fields)
    addAddresses(to: &fields)
    addPage(to: &fields)
    addCustomer(to: &fields)
    AcquirerExtras(terms.options, currency: terms.amount.currency, region: merchant.region).add(to: &fields)
    fields.add(Self.linkField, link.id.text)
    return fields
  }

  private func addOrder(to fields: inout Fields) {
    fields.add("pg_order_id", link.order.text)
    fields.add("pg_merchant_id", String(merchant.number))
    fields.add("pg_description", terms.description)
    fields.add("pg_idempotency_key", request.idempotencyKey)
  }

  private func addAmount(to fields: inout Fields) {
    switch terms.amount {
    case .exactly(let price):
      fields.add("pg_amount", price.decimal)
    case .between(let least, let most, let suggested):
      fields.add("pg_amount", suggested?.decimal ?? merchant.family.amountWithoutSuggestion)
      // The bounds are whole numbers on the wire; `TermsFaults` has refused others.
      fields.add("pg_amount_interval_from", least.wholeUnits.map { String($0) })
      fields.add("pg_amount_interval_to", most.wholeUnits.map { String($0) })
    }
    fields.add("pg_currency", terms.amount.currency.code)
    if merchant.family == .merchant, terms.capture == .manual { fields.add("pg_auto_clearing", "0") }
  }

  /// Methods are always explicit: what is left out is up to the shop's settings at the acquirer (protocol §3, §6).
  private func addAddresses(to fields: inout Fields) {
    let callbacks = "\(merchant.publicURL)/callbacks/\(merchant.name)"
    let returns = "\(merchant.publicURL)/return/\(link.tokens.return.text)"
    fields.add("pg_check_url", "\(callbacks)/check")
    fields.add("pg_result_url", "\(callbacks)/result")
    fields.add("pg_request_method", "POST")
    fields.add("pg_success_url", "\(returns)/success")
    fields.add("pg_success_url_method", "GET")
    fields.add("pg_failure_url", "\(returns)/failure")
    fields.add("pg_failure_url_method", "GET")
    fields.add("pg_site_url", terms.addresses.back)
  }

  private func addPage(to fields: inout Fields) {
    fields.add("pg_lifetime", String(Self.lifetime(request)))
    fields.add(
      "pg_language", terms.language.flatMap { PageLanguage.wireCode($0, family: merchant.family, region: merchant.region) })
    fields.add("pg_payment_method", terms.paymentMethod)
    if terms.wantsQR { fields.add("pg_generate_qr", "1") }
    if terms.isTest || merchant.isTesting { fields.add("pg_testing_mode", "1") }
  }

  private func addCustomer(to fields: inout Fields) {
    fields.add("pg_user_id", terms.customer.id)
    // Digits with the country code, without plus or blanks.
    fields.add("pg_user_phone", terms.customer.phone.map { $0.filter(\.isASCII).filter(\.isNumber) })
    fields.add("pg_user_contact_email", terms.customer.email)
    fields.add("pg_user_ip", terms.customer.ip)
  }
}
