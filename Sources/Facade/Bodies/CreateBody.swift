import JSON
import Payments

/// The body of `POST /v1/payment-links` (design §4.4), every fault at once:
/// `{"order_id", "amount", "currency", "amount_range": {"min", "max"}, "description", "expires_in", "language", "payment_method", "capture", "customer",
/// "success_url", "failure_url", "back_url", "qr", "test", "metadata", "params", "loyalty", "freedom_id", "receipt", "merchant"}`
enum CreateBody {
  /// Seconds a link may be offered: the acquirer's shortest page (protocol §2.3) to 90 days.
  static let lifetimes: ClosedRange<Int64> = 300...7_776_000
  static let usualLifetime: Int64 = 86_400

  /// - Parameter served: the merchants of the caller's key.
  static func read(_ tree: JSONTree, served: Set<MerchantName>, merchants: Merchants) throws(Problem) -> NewLink {
    var faults = CardNumber.faults(in: tree)
    guard case .object(let members) = tree else {
      throw Problem(faults: faults + [FieldFault(pointer: "", code: .wrongType, detail: "must be an object")])
    }
    var reader = ObjectReader(members)
    let link = link(&reader, served: served, merchants: merchants)
    reader.finish()
    faults += reader.faults
    guard faults.isEmpty, let link else { throw Problem(faults: faults) }
    return link
  }

  /// nil only together with a fault.
  private static func link(_ reader: inout ObjectReader, served: Set<MerchantName>, merchants: Merchants) -> NewLink? {
    let merchant = merchant(&reader, served: served, merchants: merchants)
    let order = reader.value("order_id", isRequired: true, Self.order)
    let amount = AmountMembers.read(&reader, usual: merchant?.currency)
    let description = reader.text("description", isRequired: true, TextRule(length: 1...1024, hasLines: true))
    let lifetime = reader.integer("expires_in", in: lifetimes) ?? usualLifetime
    let language = reader.text("language", Language.rule)
    let method = reader.text("payment_method", paymentMethod)
    let capture = reader.value("capture", Self.capture) ?? .automatic
    let customer = reader.object("customer", CustomerMembers.read) ?? Customer()
    let addresses = ShopAddresses(
      success: reader.text("success_url", ShopAddress.rule), failure: reader.text("failure_url", ShopAddress.rule),
      back: reader.text("back_url", ShopAddress.rule))
    let wantsQR = reader.bool("qr") ?? false
    let isTest = reader.bool("test") ?? false
    let metadata = MetadataMembers.read(&reader)
    let options = OptionMembers.read(&reader)
    guard let merchant, let order, let amount, let description else { return nil }
    let terms = LinkTerms(
      amount: amount, description: description, lifetime: .seconds(lifetime), language: language, paymentMethod: method, capture: capture,
      customer: customer, addresses: addresses, wantsQR: wantsQR, isTest: isTest || merchant.isTesting, metadata: metadata, options: options
    )
    return NewLink(merchant: merchant.name, order: order, terms: terms)
  }

  /// The merchant named, or the only one the key serves.
  private static func merchant(_ reader: inout ObjectReader, served: Set<MerchantName>, merchants: Merchants) -> Merchant? {
    let configured = served.compactMap { merchants[$0] }
    let name = reader.value("merchant", isRequired: configured.count != 1) { tree throws(ValueFault) -> Merchant in
      guard case .text(let text) = tree else { throw ValueFault(.wrongType, "must be a text") }
      guard let merchant = configured.first(where: { $0.name.text == text }) else {
        throw ValueFault(.notServed, "must be a merchant that the key serves")
      }
      return merchant
    }
    if let name { return name }
    return configured.count == 1 ? configured[0] : nil
  }

  private static func order(_ tree: JSONTree) throws(ValueFault) -> OrderID {
    guard case .text(let text) = tree else { throw ValueFault(.wrongType, "must be a text") }
    do throws(InvalidValue) {
      return try OrderID(text)
    } catch {
      throw ValueFault(.malformed, error.rule)
    }
  }

  private static func capture(_ tree: JSONTree) throws(ValueFault) -> Capture {
    guard case .text(let text) = tree, let capture = Capture(rawValue: text) else {
      throw ValueFault(.malformed, "must be automatic or manual")
    }
    return capture
  }

  private static let paymentMethod = TextRule(
    length: 1...50,
    form: (
      { $0.utf8.allSatisfy { byte in (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5f } },
      "must be of a-z, 0-9 and _"
    ))
}
