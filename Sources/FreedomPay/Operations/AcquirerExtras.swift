import Payments

/// What only this acquirer knows about an order: the members `params`, `loyalty`, `freedom_id` and `receipt` of a create body.
struct AcquirerExtras {
  let options: AcquirerOptions
  let currency: Currency
  let region: Region

  init(_ options: AcquirerOptions, currency: Currency, region: Region) {
    self.options = options
    self.currency = currency
    self.region = region
  }

  /// Adds the fields of every extra that is there. What is wrong about them `TermsFaults` has refused before.
  func add(to fields: inout Fields) {
    for (index, param) in list("params").prefix(3).enumerated() {
      fields.add("pg_param\(index + 1)", param.text)
    }
    let loyalty = options.values["loyalty"]
    fields.add("pg_loyalty_id", loyalty?["id"]?.text)
    fields.add("pg_loyalty_amount", loyalty?["amount"]?.text)
    fields.add("pg_freedom_id", options.values["freedom_id"]?.text)
    let positions = list("receipt").map { ReceiptPosition($0, currency: currency, region: region).fields }
    guard !positions.isEmpty else { return }
    fields.append(
      "pg_receipt_positions", .nested(Fields(positions.enumerated().map { Fields.Field(String($0.offset), .nested($0.element)) })))
  }

  private func list(_ name: String) -> [AcquirerOptions.Value] {
    guard case .list(let values) = options.values[name] else { return [] }
    return values
  }
}

/// A line of a fiscal receipt: `{"name", "quantity", "price", "tax", …}` of our body, `count`, `name`, `price`, `tax_type` … on the wire
/// (protocol §12, catalogue §0).
struct ReceiptPosition {
  /// Our members and what the wire calls them; the codes of one country each.
  static let codes = [
    "gtin": "GTIN", "ntin": "NTIN", "ikpu_code": "ikpu_code", "package_code": "package_code", "unit_code": "unit_code",
  ]

  let position: AcquirerOptions.Value
  let currency: Currency
  let region: Region

  init(_ position: AcquirerOptions.Value, currency: Currency, region: Region) {
    self.position = position
    self.currency = currency
    self.region = region
  }

  /// Minor units as they stand in the body.
  var price: Money? {
    position["price"]?.text.flatMap { Int64($0) }.map { Money(minorUnits: $0, currency: currency) }
  }

  var fields: Fields {
    var fields = Fields()
    fields.add("count", position["quantity"]?.text)
    fields.add("name", position["name"]?.text)
    fields.add("price", price?.decimal)
    fields.add("tax_type", position["tax"]?.text)
    for (member, name) in Self.codes.sorted(by: { $0.key < $1.key }) {
      // Kazakhstan's catalogue spells its unit code otherwise than Uzbekistan's.
      fields.add(member == "unit_code" && region == .kz ? "UnitCode" : name, position[member]?.text)
    }
    if case .list(let marks) = position["mark_list"], !marks.isEmpty {
      fields.append(
        "mark_list", .nested(Fields(marks.enumerated().map { Fields.Field(String($0.offset), .text($0.element.text ?? "")) })))
    }
    return fields
  }
}

extension AcquirerOptions.Value {
  /// The text, where it is one.
  var text: String? {
    guard case .text(let text) = self else { return nil }
    return text
  }

  /// The member of a group.
  subscript(_ name: String) -> AcquirerOptions.Value? {
    guard case .group(let members) = self else { return nil }
    return members[name]
  }
}
