/// What the payer may pay: the price, or an amount of their own choice within bounds (the page with amount control).
package enum AmountRule: Hashable, Sendable, Codable {
  case exactly(Money)
  case between(Money, Money, suggested: Money?)

  package var currency: Currency {
    switch self {
    case .exactly(let price): price.currency
    case .between(let least, _, _): least.currency
    }
  }

  /// How an amount stands to the rule.
  package enum Fit: Hashable, Sendable {
    case fits, over, under, outOfInterval, otherCurrency
  }

  /// Judges an amount. A price lowered by exactly the acquirer's discount fits (design §5).
  package func fit(of amount: Money, discount: Money? = nil) -> Fit {
    guard amount.currency == currency else { return .otherCurrency }
    switch self {
    case .exactly(let price):
      if amount.minorUnits == price.minorUnits { return .fits }
      if amount.minorUnits > price.minorUnits { return .over }
      return discount.map { amount.minorUnits + $0.minorUnits == price.minorUnits } == true ? .fits : .under
    case .between(let least, let most, _):
      return (least.minorUnits...most.minorUnits).contains(amount.minorUnits) ? .fits : .outOfInterval
    }
  }
}
