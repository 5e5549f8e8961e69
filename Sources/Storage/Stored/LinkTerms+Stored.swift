import JSON
import Payments

/// The terms as every create writes them and every unit reads them again: the text that Codable would make, without its containers.
extension LinkTerms {
  func write(to json: inout JSONObjectWriter) throws {
    json.addObject("addresses") { json in
      json.addIfAny("back", addresses.back)
      json.addIfAny("failure", addresses.failure)
      json.addIfAny("success", addresses.success)
    }
    json.addObject("amount") { amount.write(to: &$0) }
    json.add("capture", capture.rawValue)
    json.addObject("customer") { json in
      json.addIfAny("email", customer.email)
      json.addIfAny("id", customer.id)
      json.addIfAny("ip", customer.ip)
      json.addIfAny("phone", customer.phone)
    }
    json.add("description", description)
    json.add("isTest", isTest)
    json.addIfAny("language", language)
    // As Duration has it: the halves of its 128 bits.
    json.add("lifetime", pair: Int64(lifetime.attoseconds >> 64), UInt64(truncatingIfNeeded: lifetime.attoseconds))
    json.add("metadata", metadata)
    try json.addObject("options") { json in
      if options.values.isEmpty { json.addObject("values") { _ in } } else { try json.add("values", value: options.values) }
    }
    json.addIfAny("paymentMethod", paymentMethod)
    json.add("wantsQR", wantsQR)
  }

  init(stored json: JSONMembers) throws {
    let (addresses, customer, options) = (try json.object("addresses"), try json.object("customer"), try json.object("options"))
    guard let capture = Capture(rawValue: try json.text("capture")) else { throw InvalidValue("no such capture") }
    let (high, low): (Int64, UInt64) = try json.pair("lifetime")
    self.init(
      amount: try AmountRule(stored: json.object("amount")), description: try json.text("description"),
      lifetime: Duration(attoseconds: Int128(high) << 64 | Int128(low)), language: try json.textIfAny("language"),
      paymentMethod: try json.textIfAny("paymentMethod"),
      capture: capture,
      customer: Customer(
        id: try customer.textIfAny("id"), phone: try customer.textIfAny("phone"), email: try customer.textIfAny("email"),
        ip: try customer.textIfAny("ip")),
      addresses: ShopAddresses(
        success: try addresses.textIfAny("success"), failure: try addresses.textIfAny("failure"), back: try addresses.textIfAny("back")),
      wantsQR: try json.isTrue("wantsQR"), isTest: try json.isTrue("isTest"), metadata: try json.texts("metadata"),
      options: AcquirerOptions(try options.object("values").isEmpty ? [:] : try options.value("values")))
  }
}

extension AmountRule {
  fileprivate func write(to json: inout JSONObjectWriter) {
    switch self {
    case .between(let least, let most, let suggested):
      json.addObject("between") { json in
        json.addObject("_0") { least.write(to: &$0) }
        json.addObject("_1") { most.write(to: &$0) }
        if let suggested { json.addObject("suggested") { suggested.write(to: &$0) } }
      }
    case .exactly(let price):
      json.addObject("exactly") { json in json.addObject("_0") { price.write(to: &$0) } }
    }
  }

  fileprivate init(stored json: JSONMembers) throws {
    switch (try json.objectIfAny("exactly"), try json.objectIfAny("between")) {
    case (let price?, nil): self = .exactly(try Money(stored: price.object("_0")))
    case (nil, let bounds?):
      self = .between(
        try Money(stored: bounds.object("_0")), try Money(stored: bounds.object("_1")),
        suggested: try bounds.objectIfAny("suggested").map { suggested in try Money(stored: suggested) })
    default: throw InvalidValue("an amount is exact or between bounds")
    }
  }
}

extension Money {
  func write(to json: inout JSONObjectWriter) {
    json.add("currency", currency.code)
    json.add("minorUnits", minorUnits)
  }

  fileprivate init(stored json: JSONMembers) throws {
    self.init(minorUnits: try json.number("minorUnits"), currency: try Currency(json.text("currency")))
  }
}
