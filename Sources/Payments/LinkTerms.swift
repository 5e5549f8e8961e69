/// What the shop asked for: everything about a link that never changes after it was made.
package struct LinkTerms: Hashable, Sendable, Codable {
  package var amount: AmountRule
  /// What the payer reads, at most 1,024 characters.
  package var description: String
  /// How long the link is offered: 300 s to 90 days.
  package var lifetime: Duration
  /// ISO 639-1 code of the page's language; nil means the acquirer's default.
  package var language: String?
  /// The acquirer's word for a method to preselect, such as `bankcard`.
  package var paymentMethod: String?
  package var capture: Capture
  package var customer: Customer
  package var addresses: ShopAddresses
  /// Whether the acquirer is asked for its own QR picture.
  package var wantsQR: Bool
  /// A link of the acquirer's test mode: never live money.
  package var isTest: Bool
  /// The shop's own pairs, at most 20, given back in reads and events.
  package var metadata: [String: String]
  package var options: AcquirerOptions

  package init(
    amount: AmountRule, description: String, lifetime: Duration = .seconds(86_400), language: String? = nil, paymentMethod: String? = nil,
    capture: Capture = .automatic, customer: Customer = .init(), addresses: ShopAddresses = .init(), wantsQR: Bool = false,
    isTest: Bool = false, metadata: [String: String] = [:], options: AcquirerOptions = .init()
  ) {
    self.amount = amount
    self.description = description
    self.lifetime = lifetime
    self.language = language
    self.paymentMethod = paymentMethod
    self.capture = capture
    self.customer = customer
    self.addresses = addresses
    self.wantsQR = wantsQR
    self.isTest = isTest
    self.metadata = metadata
    self.options = options
  }
}

/// Whether money is charged at once or held until the shop captures it.
package enum Capture: String, Hashable, Sendable, Codable {
  case automatic, manual
}

/// What the shop tells about the payer.
package struct Customer: Hashable, Sendable, Codable {
  package var id: String?
  /// E.164 with its plus.
  package var phone: String?
  package var email: String?
  /// IPv4.
  package var ip: String?

  package init(id: String? = nil, phone: String? = nil, email: String? = nil, ip: String? = nil) {
    self.id = id
    self.phone = phone
    self.email = email
    self.ip = ip
  }
}

/// Where the payer goes afterwards: the shop's own addresses.
package struct ShopAddresses: Hashable, Sendable, Codable {
  package var success: String?
  package var failure: String?
  package var back: String?

  package init(success: String? = nil, failure: String? = nil, back: String? = nil) {
    self.success = success
    self.failure = failure
    self.back = back
  }
}

/// What only this acquirer understands (loyalty, receipts, extra parameters …): the domain carries it and never looks inside.
package struct AcquirerOptions: Hashable, Sendable, Codable {
  package indirect enum Value: Hashable, Sendable, Codable {
    case text(String)
    case list([Value])
    case group([String: Value])
  }

  /// By the member's name in the body of the API: `params`, `loyalty`, `freedom_id`, `receipt`. Whole numbers stand as their text.
  package var values: [String: Value]

  package init(_ values: [String: Value] = [:]) { self.values = values }
}
