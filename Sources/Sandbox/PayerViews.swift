import HTTPServer
import HTTPTypes
import Mustache

/// The pages the payer sees, filled in.
///
/// Every value is escaped here, in `rendered`, scalar by scalar. Mustache's own escaping goes by characters and lets a quote or `<` through
/// that a combining mark follows, which then ends an attribute (swift-mustache 2.1.1).
enum PayerViews {
  /// The page with the Pay and Decline buttons.
  static func open(
    _ payment: SandboxPayment, note: String?, status: HTTPResponse.Status, amount: String?, back: String?
  ) -> Response {
    var values: [String: Any] = [
      "customer": payment.customer, "description": payment.terms.description, "currency": payment.terms.currency,
      "cards": cards, "isTesting": payment.terms.isTesting,
    ]
    values["order"] = payment.terms.orderID
    values["note"] = note
    values["back"] = back
    switch payment.terms.amount {
    case .fixed(let amount): values["fixed"] = amount.fixed
    case .chosen(let from, let to, let suggested):
      values["chosen"] = ["from": from.fixed, "to": to.fixed, "amount": amount ?? suggested?.text ?? ""]
    }
    return html(rendered(PayerTemplates.open, values), status: status)
  }

  /// The page that says how the payment stands.
  static func state(_ title: String, _ text: String, _ back: String?, status: HTTPResponse.Status = .ok) -> Response {
    var values: [String: Any] = ["title": title, "text": text]
    values["back"] = back
    return html(rendered(PayerTemplates.state, values), status: status)
  }

  /// The way back by POST: a form that sends itself where there is script, and has a button where there is none.
  static func formBack(_ redirect: Redirect) -> Response {
    let fields: [[String: String]] = redirect.form.map { ["name": $0.name, "value": $0.value] }
    let values: [String: Any] = ["address": redirect.address, "fields": fields]
    return html(rendered(PayerTemplates.formBack, values), status: .ok)
  }

  static let notFound = state("No such payment", "This address belongs to no payment.", nil, status: .notFound)
  static let unreadable = state("Not understood", "The form could not be read. Go back and try again.", nil, status: .badRequest)

  private static var cards: [[String: String]] {
    TestCard.all.map { card in
      let effect =
        switch card.outcome {
        case .success(is3DS: false): "paid"
        case .success(is3DS: true): "paid, with 3DS"
        case .decline(let code): "declined \(code)"
        }
      return ["number": card.number, "text": "\(card.number) (\(effect))"]
    }
  }

  private static func rendered(_ template: MustacheTemplate, _ values: [String: Any]) -> String {
    template.render(values.mapValues(escaped))
  }

  /// Texts escaped, in lists and groups too; anything else as it is.
  private static func escaped(_ value: Any) -> Any {
    switch value {
    case let text as String: escaped(text)
    case let group as [String: String]: group.mapValues { escaped($0) as String }
    case let list as [[String: String]]: list.map { group in group.mapValues { escaped($0) as String } }
    default: value
    }
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func html(_ text: String, status: HTTPResponse.Status) -> Response {
    Response(
      status: status, contentType: "text/html; charset=utf-8", text: text,
      fields: [.cacheControl: "no-store", HTTPField.Name("Referrer-Policy")!: "no-referrer"])  // a valid field name
  }
}
