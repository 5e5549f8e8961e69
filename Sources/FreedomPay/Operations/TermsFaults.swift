import Payments

/// What this acquirer, or the merchant's family of it, cannot do with an order (port `Acquirer.faults`): every fault at once, before
/// anything is stored or sent. The limits are those of protocol §2.3 and catalogue §3.1, §3.2, §5.1.
struct TermsFaults {
  /// Bytes of a `pg_paramN`.
  static let paramLimit = 255
  /// Lines of one receipt; the reference signature code keeps the order of no more siblings.
  static let receiptLimit = 999

  let merchant: FreedomPayMerchant
  let terms: LinkTerms
  let order: OrderID

  var all: [TermsFault] {
    familyFaults + pageFaults + customerFaults + extraFaults + receiptFaults
  }

  private var familyFaults: [TermsFault] {
    guard merchant.family == .gateway else { return [] }
    var faults: [TermsFault] = []
    if !order.text.utf8.allSatisfy(Self.isLetterOrDigit) {
      faults.append(invalid("/order_id", "the gateway family takes letters and digits only, since its status call demands them"))
    }
    if terms.capture == .manual {
      faults.append(unsupported("/capture", "the gateway family's pages know no two-step payment; a merchant with api: merchant can hold"))
    }
    return faults
  }

  private var pageFaults: [TermsFault] {
    var faults: [TermsFault] = []
    if let language = terms.language, PageLanguage.wireCode(language, family: merchant.family, region: merchant.region) == nil {
      faults.append(unsupported("/language", "the acquirer's pages speak ru, en, uz, kk and ky"))
    }
    if let method = terms.paymentMethod, !(1...50).contains(method.utf8.count) || !method.utf8.allSatisfy(Self.isWord) {
      faults.append(invalid("/payment_method", "must be 1 to 50 of letters, digits, _ and -, such as bankcard"))
    }
    if case .between(let least, let most, _) = terms.amount {
      for (name, bound) in [("min", least), ("max", most)] where bound.wholeUnits == nil {
        faults.append(invalid("/amount_range/\(name)", "must be whole units of the currency"))
      }
    }
    return faults
  }

  private var customerFaults: [TermsFault] {
    guard let id = terms.customer.id, !(1...50).contains(id.utf8.count) || !id.utf8.allSatisfy(Self.isWord) else { return [] }
    return [invalid("/customer/id", "must be 1 to 50 of letters, digits, _ and -")]
  }

  private var extraFaults: [TermsFault] {
    terms.options.values.sorted { $0.key < $1.key }.flatMap { name, value -> [TermsFault] in
      switch name {
      case "params": paramFaults(value)
      case "loyalty": loyaltyFaults(value)
      case "freedom_id": value.text.map(Self.isShort) == true ? [] : [invalid("/freedom_id", "must be a text of at most 255 bytes")]
      case "receipt": []
      default: [unsupported("/\(name)", "the acquirer has no such thing")]
      }
    }
  }

  private func paramFaults(_ value: AcquirerOptions.Value) -> [TermsFault] {
    guard case .list(let params) = value, params.count <= 3 else { return [invalid("/params", "must be a list of at most three texts")] }
    return params.enumerated().compactMap { index, param in
      guard let text = param.text, text.utf8.count <= Self.paramLimit else {
        return invalid("/params/\(index)", "must be a text of at most \(Self.paramLimit) bytes")
      }
      return nil
    }
  }

  private func loyaltyFaults(_ value: AcquirerOptions.Value) -> [TermsFault] {
    var faults: [TermsFault] = []
    if let id = value["id"], id.text.map(Self.isShort) != true {
      faults.append(invalid("/loyalty/id", "must be a text of at most 255 bytes"))
    }
    if let amount = value["amount"], amount.text.map(Self.isDecimal) != true {
      faults.append(invalid("/loyalty/amount", "must be a decimal number such as 12.50"))
    }
    return faults
  }

  var receiptFaults: [TermsFault] {
    guard let receipt = terms.options.values["receipt"] else { return [] }
    if case .between = terms.amount {
      return [unsupported("/receipt", "the page with amount control takes no receipt, since its amount is the payer's")]
    }
    guard case .list(let positions) = receipt, (1...Self.receiptLimit).contains(positions.count) else {
      return [invalid("/receipt", "must be a list of 1 to \(Self.receiptLimit) positions")]
    }
    return positions.enumerated().flatMap { index, position in positionFaults(position, at: "/receipt/\(index)") }
  }

  private func positionFaults(_ position: AcquirerOptions.Value, at pointer: String) -> [TermsFault] {
    guard case .group(let members) = position else { return [invalid(pointer, "must be an object")] }
    let read = ReceiptPosition(position, currency: terms.amount.currency, region: merchant.region)
    var faults: [TermsFault] = []
    if members["name"]?.text?.isEmpty != false { faults.append(invalid("\(pointer)/name", "must be a text")) }
    let count = members["quantity"]?.text.flatMap { Int64($0) }
    if (count ?? 0) < 1 { faults.append(invalid("\(pointer)/quantity", "must be a whole number from 1")) }
    if !(1...Money.largest).contains(read.price?.minorUnits ?? 0) {
      faults.append(invalid("\(pointer)/price", "must be minor units from 1"))
    }
    if let tax = members["tax"], !(0...99).contains(tax.text.flatMap { Int64($0) } ?? -1) {
      faults.append(invalid("\(pointer)/tax", "must be the acquirer's code of the tax, such as 0"))
    }
    if case .list(let marks) = members["mark_list"], Int64(marks.count) != count {
      faults.append(invalid("\(pointer)/mark_list", "must be as many texts as the quantity"))
    }
    return faults + codeFaults(read, at: pointer)
  }

  /// Codes go to the wire under their own names: a name that means something else there, or that PHP would read otherwise, is refused.
  private func codeFaults(_ position: ReceiptPosition, at pointer: String) -> [TermsFault] {
    var taken = Set(ReceiptPosition.words.values)
    return position.codes.compactMap { member, value in
      guard taken.insert(position.wireName(of: member)).inserted, member.utf8.allSatisfy(Self.isWord), !member.utf8.allSatisfy(Self.isDigit)
      else { return unsupported("\(pointer)/\(member)", "the acquirer's receipts have no such member of their own") }
      switch value {
      case .text(let text) where Self.isShort(text): return nil
      case .list(let list) where list.allSatisfy({ $0.text.map { !$0.isEmpty && Self.isShort($0) } == true }): return nil
      case .text, .list, .group: return invalid("\(pointer)/\(member)", "must be a text of at most 255 bytes, or a list of such texts")
      }
    }
  }

  private func invalid(_ pointer: String, _ detail: String) -> TermsFault {
    TermsFault(pointer: pointer, kind: .invalid, detail: detail)
  }

  private func unsupported(_ pointer: String, _ detail: String) -> TermsFault {
    TermsFault(pointer: pointer, kind: .unsupported, detail: detail)
  }

  private static func isShort(_ text: String) -> Bool { text.utf8.count <= paramLimit }

  private static func isDecimal(_ text: String) -> Bool {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    return parts.allSatisfy { (1...15).contains($0.utf8.count) && $0.utf8.allSatisfy(isDigit) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}
