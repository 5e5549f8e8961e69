import HTTPServer
import HTTPTypes
import Mustache

/// The pages the payer sees, filled in. Mustache escapes every value; nothing is put in unescaped.
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
    return html(PayerTemplates.open.render(values), status: status)
  }

  /// The page that says how the payment stands.
  static func state(_ title: String, _ text: String, _ back: String?, status: HTTPResponse.Status = .ok) -> Response {
    var values: [String: Any] = ["title": title, "text": text]
    values["back"] = back
    return html(PayerTemplates.state.render(values), status: status)
  }

  /// The way back by POST: a form that sends itself where there is script, and has a button where there is none.
  static func formBack(_ redirect: Redirect) -> Response {
    let fields: [[String: String]] = redirect.form.map { ["name": $0.name, "value": $0.value] }
    let values: [String: Any] = ["address": redirect.address, "fields": fields]
    return html(PayerTemplates.formBack.render(values), status: .ok)
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

  private static func html(_ text: String, status: HTTPResponse.Status) -> Response {
    Response(
      status: status, contentType: "text/html; charset=utf-8", text: text,
      fields: [.cacheControl: "no-store", HTTPField.Name("Referrer-Policy")!: "no-referrer"])  // a valid field name
  }
}
