import Crypto
import HTTPServer
import Payments

/// What is kept of a message: its fields as JSON, `[["pg_order_id","A1"], …]` in message order, nested ones as lists of the same
/// kind; and the digest that makes a repeat a repeat.
struct CallbackEvidence {
  /// A repeat has these anew (protocol §4.3; the acquirer stops listening to refusals after the first try).
  static let changing: Set<String> = ["pg_salt", "pg_sig", "pg_can_reject"]
  /// Tokens that could charge a card again, and a card's owner: no book needs them.
  private static let withheld: Set<String> = ["pg_card_token", "pg_card_id", "pg_card_owner", "pg_card_name", "pg_card_exp"]

  private let fields: Fields
  private let merchant: MerchantName

  init(_ fields: Fields, merchant: MerchantName) {
    self.fields = fields
    self.merchant = merchant
  }

  var evidence: Evidence { Evidence(message: message, digest: digest) }

  private var message: String { Self.json(fields) }

  private static func json(_ fields: Fields) -> String {
    let pairs = fields.all.map { field in
      let value =
        switch field.value {
        case .nested(let inner): json(inner)
        case .text(let text): Response.jsonString(kept(text, of: field.name))
        }
      return "[\(Response.jsonString(field.name)),\(value)]"
    }
    return "[\(pairs.joined(separator: ","))]"
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
    var hash = SHA256()
    Self.feed(merchant.text, to: &hash)
    Self.feed(fields.without(Self.changing), to: &hash)
    return hash.finalize().hex
  }

  private static func feed(_ text: String, to hash: inout SHA256) {
    hash.update(data: Array("\(text.utf8.count):\(text)".utf8))
  }

  private static func feed(_ fields: Fields, to hash: inout SHA256) {
    feed(String(fields.all.count), to: &hash)
    let sorted = fields.all.enumerated().sorted { left, right in
      left.element.name == right.element.name ? left.offset < right.offset : left.element.name < right.element.name
    }
    for (_, field) in sorted {
      feed(field.name, to: &hash)
      switch field.value {
      case .text(let text):
        feed("t", to: &hash)
        feed(text, to: &hash)
      case .nested(let inner):
        feed("n", to: &hash)
        feed(inner, to: &hash)
      }
    }
  }
}
