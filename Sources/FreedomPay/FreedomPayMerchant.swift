package import Payments

/// A merchant's account at Freedom Pay, as the settings give it (design §4.2).
package struct FreedomPayMerchant: Sendable {
  /// Our short name of it, which stands in the callback path.
  package var name: MerchantName
  /// `pg_merchant_id`.
  package var number: Int64
  package var secrets: SecretKeys
  package var region: Region
  /// Where the calls go: the region's host, or the sandbox. Without a trailing slash.
  package var baseURL: String
  package var family: Family
  /// The currency of messages that name none: the shop's own at the acquirer.
  package var currency: Currency
  /// Whether every page is opened in the acquirer's test mode.
  package var isTesting: Bool
  package var encoding: FormEncoding
  /// Where a proxy shows the acquirer other paths: the names that callbacks are signed with.
  package var scriptNames: CallbackScripts
  /// Our own address as the acquirer and the payer see it. Without a trailing slash.
  package var publicURL: String

  package init(
    name: MerchantName, number: Int64, secrets: SecretKeys, region: Region, baseURL: String? = nil, family: Family = .gateway,
    currency: Currency, isTesting: Bool = false, encoding: FormEncoding = .multipart, scriptNames: CallbackScripts = .init(),
    publicURL: String
  ) {
    self.name = name
    self.number = number
    self.secrets = secrets
    self.region = region
    self.baseURL = Self.withoutSlash(baseURL ?? region.baseURL)
    self.family = family
    self.currency = currency
    self.isTesting = isTesting
    self.encoding = encoding
    self.scriptNames = scriptNames
    self.publicURL = Self.withoutSlash(publicURL)
  }

  private static func withoutSlash(_ url: String) -> String {
    String(url.reversed().drop { $0 == "/" }.reversed())
  }
}

/// Names that check and result callbacks are signed with; the last segments of our own paths unless the settings say otherwise.
package struct CallbackScripts: Sendable, Equatable {
  package var check: ScriptName
  package var result: ScriptName

  package init(check: ScriptName = ScriptName("check"), result: ScriptName = ScriptName("result")) {
    self.check = check
    self.result = result
  }
}

/// The acquirer's two product families for the same pages (protocol §2.1, catalogue §2.1).
package enum Family: String, Sendable, CaseIterable {
  /// `/g2g/…`: asks the merchant for a PCI DSS certificate, knows no two-step payment.
  case gateway
  /// `/….php`: needs neither.
  case merchant

  /// Where a page for an order is opened: the payer's own choice of amount has a call of its own.
  func pagePath(for amount: AmountRule) -> String {
    switch (self, amount) {
    case (.gateway, .between): "/g2g/any_amount"
    case (.gateway, .exactly): "/g2g/payment_page"
    case (.merchant, .between): "/any_amount.php"
    case (.merchant, .exactly): "/init_payment.php"
    }
  }

  /// Where the status is asked.
  var statusPath: String {
    switch self {
    case .gateway: "/g2g/status_v2"
    case .merchant: "/get_status3.php"
    }
  }

  /// `pg_amount` where the payer chooses and nothing is suggested. The sources disagree (protocol §2.6): the seed page calls the field
  /// required with a minimum of 0, the Merchant page optional with a minimum of 0.01. This is the one place that decides.
  var amountWithoutSuggestion: String? {
    switch self {
    case .gateway: "0"
    case .merchant: nil
    }
  }
}
