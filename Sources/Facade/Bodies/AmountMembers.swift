import JSON
import Payments

/// `amount`, `currency` and `amount_range`: the price, or what the payer may choose with `amount` as the suggestion.
enum AmountMembers {
  static let amounts: ClosedRange<Int64> = 1...Money.largest

  /// - Parameter usual: the merchant's currency; nil where the merchant is not known, which is a fault already.
  static func read(_ reader: inout ObjectReader, usual: Currency?) -> AmountRule? {
    let hasRange = reader.has("amount_range")
    let hasCurrency = reader.has("currency")
    let hasAmount = reader.has("amount")
    let amount = reader.integer("amount", isRequired: !hasRange, in: amounts)
    let named = reader.value("currency", currency)
    // With a currency that is not valid the numbers are still judged, by hundredths as nearly all currencies have.
    guard let currency = hasCurrency ? named : usual else {
      _ = hasRange ? range(&reader, nil) : nil
      return nil
    }
    guard hasRange else { return amount.map { .exactly(Money(minorUnits: $0, currency: currency)) } }
    guard let range = range(&reader, currency) else { return nil }
    guard let amount else {
      return hasAmount
        ? nil : .between(Money(minorUnits: range.min, currency: currency), Money(minorUnits: range.max, currency: currency), suggested: nil)
    }
    guard (range.min...range.max).contains(amount) else {
      reader.fault("amount", .outOfRange, "must be within amount_range")
      return nil
    }
    return .between(
      Money(minorUnits: range.min, currency: currency), Money(minorUnits: range.max, currency: currency),
      suggested: Money(minorUnits: amount, currency: currency))
  }

  private static func range(_ reader: inout ObjectReader, _ currency: Currency?) -> (min: Int64, max: Int64)? {
    reader.object("amount_range") { reader in
      let least = bound(&reader, "min", currency)
      let most = bound(&reader, "max", currency)
      guard let least, let most else { return nil }
      guard least <= most else {
        reader.fault("max", .outOfRange, "must not be less than min")
        return nil
      }
      return (least, most)
    }
  }

  /// The acquirer takes the bounds as whole major units (protocol §2.3, pg_amount_interval_from).
  private static func bound(_ reader: inout ObjectReader, _ name: String, _ currency: Currency?) -> Int64? {
    guard let units = reader.integer(name, isRequired: true, in: amounts) else { return nil }
    guard currency.map({ Money(minorUnits: units, currency: $0).wholeUnits != nil }) ?? (units % 100 == 0) else {
      reader.fault(name, .malformed, "must be whole major units")
      return nil
    }
    return units
  }

  private static func currency(_ tree: JSONTree) throws(ValueFault) -> Currency {
    guard case .text(let text) = tree else { throw ValueFault(.wrongType, "must be a text") }
    do throws(InvalidValue) {
      return try Currency(text)
    } catch {
      throw ValueFault(.malformed, error.rule)
    }
  }
}
