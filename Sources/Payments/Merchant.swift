/// A shop's account at the acquirer, as the domain needs it.
package struct Merchant: Sendable {
  package var name: MerchantName
  package var currency: Currency
  /// Whether all links of it are test links.
  package var isTesting: Bool
  package var lateMoney: LateMoneyPolicy
  package var acquirer: any Acquirer

  package init(
    name: MerchantName, currency: Currency, isTesting: Bool = false, lateMoney: LateMoneyPolicy = .init(.hold), acquirer: any Acquirer
  ) {
    self.name = name
    self.currency = currency
    self.isTesting = isTesting
    self.lateMoney = lateMoney
    self.acquirer = acquirer
  }
}

/// All merchants of this gateway by name.
package struct Merchants: Sendable {
  private let byName: [MerchantName: Merchant]

  package init(_ merchants: [Merchant]) {
    byName = Dictionary(merchants.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  package subscript(name: MerchantName) -> Merchant? { byName[name] }
  package var all: [Merchant] { byName.values.sorted { $0.name.text < $1.name.text } }
}
