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
///
/// Other members are the codes of the merchant's country (`ikpu_code`, `mark_list` …) and go as they are called: not all of them are
/// documented. Kazakhstan's spelling is taken over for ours: `gtin`, `ntin` and `unit_code` become `GTIN`, `NTIN` and `UnitCode`.
struct ReceiptPosition {
  /// Our own words, which the wire calls otherwise.
  static let words = ["quantity": "count", "name": "name", "price": "price", "tax": "tax_type"]

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
    for (member, value) in codes {
      switch value {
      case .text(let text): fields.add(wireName(of: member), text)
      case .list(let list) where !list.isEmpty:
        fields.append(
          wireName(of: member), .nested(Fields(list.enumerated().map { Fields.Field(String($0.offset), .text($0.element.text ?? "")) })))
      case .list, .group: break
      }
    }
    return fields
  }

  /// The members that are none of our own words, by name.
  var codes: [(member: String, value: AcquirerOptions.Value)] {
    guard case .group(let members) = position else { return [] }
    return members.filter { Self.words[$0.key] == nil }.sorted { $0.key < $1.key }.map { (member: $0.key, value: $0.value) }
  }

  /// What the wire calls a code.
  func wireName(of member: String) -> String {
    switch member {
    case "gtin": "GTIN"
    case "ntin": "NTIN"
    // Uzbekistan spells its unit code as we do.
    case "unit_code" where region == .kz: "UnitCode"
    default: member
    }
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
