import Payments
import Testing

@Suite struct MoneyTests {
  struct Case: Sendable {
    let text: String
    let units: Int64?
    var currency = "UZS"
  }

  @Test(
    "Decimal text becomes minor units exactly, or is refused",
    arguments: [
      Case(text: "20", units: 2000), Case(text: "20.00", units: 2000), Case(text: "20.5", units: 2050), Case(text: "1.0000", units: 100),
      Case(text: "0.01", units: 1), Case(text: "0", units: 0), Case(text: "-10", units: -1000), Case(text: "-0.5", units: -50),
      Case(text: "99999999.00", units: Money.largest), Case(text: "999999999999999", units: 99_999_999_999_999_900),
      Case(text: "1000000000000000", units: nil), Case(text: "1.005", units: nil), Case(text: "1,5", units: nil),
      Case(text: "", units: nil),
      Case(text: ".5", units: nil), Case(text: "5.", units: nil), Case(text: "+5", units: nil), Case(text: "1e3", units: nil),
      Case(text: "1 000", units: nil), Case(text: "٣", units: nil), Case(text: "--1", units: nil), Case(text: "0x10", units: nil),
      Case(text: "1.2.3", units: nil), Case(text: "1.00000000000", units: nil), Case(text: "7", units: 7, currency: "KRW"),
      Case(text: "7.00", units: 7, currency: "KRW"), Case(text: "7.10", units: nil, currency: "KRW"),
    ])
  func parsing(_ example: Case) throws {
    let currency = try Currency(example.currency)
    if let units = example.units {
      #expect(try Money(decimal: example.text, currency: currency).minorUnits == units)
    } else {
      #expect(throws: InvalidValue.self) { try Money(decimal: example.text, currency: currency) }
    }
  }

  @Test(
    "Minor units become decimal text with every place written",
    arguments: [(1, "0.01"), (99, "0.99"), (100, "1.00"), (15_000_000, "150000.00"), (-50, "-0.50"), (0, "0.00")] as [(Int64, String)])
  func writing(units: Int64, text: String) throws {
    #expect(Money(minorUnits: units, currency: try Currency("UZS")).decimal == text)
  }

  @Test("A currency without minor units is written without a point")
  func won() throws {
    #expect(Money(minorUnits: 1500, currency: try Currency("KRW")).decimal == "1500")
    #expect(Money(minorUnits: 1500, currency: try Currency("KRW")).wholeUnits == 1500)
  }

  @Test("Whole units are seen, fractions are not rounded")
  func wholeUnits() throws {
    #expect(Money(minorUnits: 1000, currency: try Currency("UZS")).wholeUnits == 10)
    #expect(Money(minorUnits: 1001, currency: try Currency("UZS")).wholeUnits == nil)
  }

  @Test("Only known currencies are taken", arguments: ["uzs", "XXX", "", "UZSS"])
  func unknownCurrency(code: String) {
    #expect(throws: InvalidValue.self) { try Currency(code) }
  }

  struct FitCase: Sendable {
    let paid: Int64
    let fit: AmountRule.Fit
    var discount: Int64?
  }

  @Test(
    "A price is met to the unit, or lower by exactly the discount",
    arguments: [
      FitCase(paid: 1000, fit: .fits), FitCase(paid: 999, fit: .under), FitCase(paid: 1001, fit: .over),
      FitCase(paid: 900, fit: .fits, discount: 100), FitCase(paid: 900, fit: .under, discount: 99),
      FitCase(paid: 900, fit: .under, discount: 101),
    ])
  func price(_ example: FitCase) throws {
    let uzs = try Currency("UZS")
    let rule = AmountRule.exactly(Money(minorUnits: 1000, currency: uzs))
    let discount = example.discount.map { Money(minorUnits: $0, currency: uzs) }
    #expect(rule.fit(of: Money(minorUnits: example.paid, currency: uzs), discount: discount) == example.fit)
    #expect(rule.fit(of: Money(minorUnits: 1000, currency: try Currency("KZT"))) == .otherCurrency)
  }

  @Test("Bounds belong to the interval", arguments: [(999, false), (1000, true), (5000, true), (5001, false)] as [(Int64, Bool)])
  func interval(paid: Int64, isInside: Bool) throws {
    let uzs = try Currency("UZS")
    let rule = AmountRule.between(Money(minorUnits: 1000, currency: uzs), Money(minorUnits: 5000, currency: uzs), suggested: nil)
    #expect(rule.fit(of: Money(minorUnits: paid, currency: uzs)) == (isInside ? .fits : .outOfInterval))
  }
}
