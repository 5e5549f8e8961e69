import Crypto
import HTTPServer
import Payments

/// What is kept of a message: its fields as JSON, `[["pg_order_id","A1"], …]` in message order, nested ones as lists of the same
/// kind; and the digest that makes a repeat a repeat.
struct CallbackEvidence {
  /// A repeat has these anew (protocol §4.3; the acquirer stops listening to refusals after the first try).
  static let changing = ["pg_salt", "pg_sig", "pg_can_reject"]
  /// Tokens that could charge a card again, and a card's owner: no book needs them.
  private static let withheld: Set<String> = ["pg_card_token", "pg_card_id", "pg_card_owner", "pg_card_name", "pg_card_exp"]

  private let fields: Fields
  private let merchant: MerchantName

  init(_ fields: Fields, merchant: MerchantName) {
    self.fields = fields
    self.merchant = merchant
  }

  var evidence: Evidence { Evidence(message: message, digest: digest) }

  private var message: String {
    var json: [UInt8] = []
    json.reserveCapacity(1024)
    Self.write(fields, to: &json)
    return String(decoding: json, as: UTF8.self)
  }

  private static func write(_ fields: Fields, to json: inout [UInt8]) {
    json.append(UInt8(ascii: "["))
    for (place, field) in fields.all.enumerated() {
      if place > 0 { json.append(UInt8(ascii: ",")) }
      json.append(UInt8(ascii: "["))
      json.append(contentsOf: Response.jsonString(field.name).utf8)
      json.append(UInt8(ascii: ","))
      switch field.value {
      case .nested(let inner): write(inner, to: &json)
      case .text(let text): json.append(contentsOf: Response.jsonString(kept(text, of: field.name)).utf8)
      }
      json.append(UInt8(ascii: "]"))
    }
    json.append(UInt8(ascii: "]"))
  }

  /// The text of a field as it may be kept.
  private static func kept(_ text: String, of name: String) -> String {
    let isSecret = withheld.contains(name) || isCard(name) && MaskedCard.isFullNumber(text)
    return isSecret && !text.isEmpty ? "<withheld>" : text
  }

  private static func isCard(_ name: String) -> Bool {
    KnownFields.names.contains(name) ? knownCards.contains(name) : speaksOfCard(name)
  }

  private static let knownCards: Set<String> = KnownFields.names.filter(speaksOfCard)

  private static func speaksOfCard(_ name: String) -> Bool { name.lowercased().contains("card") || name.lowercased().contains("pan") }

  /// Hex of SHA-256 over the merchant and all fields but the changing ones. Each part is led by its length, so that no two messages
  /// give the same bytes; fields are sorted, since a repeat need not keep their order.
  private var digest: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1024)
    Self.feed(merchant.text, to: &bytes)
    Self.feed(fields.without(Self.changing), to: &bytes)
    return SHA256.hash(data: bytes).hex
  }

  private static func feed(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: String(text.utf8.count).utf8)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(contentsOf: text.utf8)
  }

  private static func feed(_ fields: Fields, to bytes: inout [UInt8]) {
    let all = fields.all
    feed(String(all.count), to: &bytes)
    let places = all.indices.sorted { left, right in
      all[left].name == all[right].name ? left < right : all[left].name < all[right].name
    }
    for place in places {
      feed(all[place].name, to: &bytes)
      switch all[place].value {
      case .text(let text):
        feed("t", to: &bytes)
        feed(text, to: &bytes)
      case .nested(let inner):
        feed("n", to: &bytes)
        feed(inner, to: &bytes)
      }
    }
  }
}
