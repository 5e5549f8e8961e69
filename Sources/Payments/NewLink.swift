/// A create request, judged and whole.
package struct NewLink: Hashable, Sendable {
  package var merchant: MerchantName
  package var order: OrderID
  package var terms: LinkTerms

  package init(merchant: MerchantName, order: OrderID, terms: LinkTerms) {
    self.merchant = merchant
    self.order = order
    self.terms = terms
  }
}
