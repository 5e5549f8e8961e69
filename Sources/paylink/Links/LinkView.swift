import Payments

/// A payment link as the command shows it to a person. Members that are not shown are not read.
struct LinkView: Decodable {
  struct Range: Decodable {
    var min: Int64
    var max: Int64
  }

  struct PaymentView: Decodable {
    struct Failure: Decodable {
      var code: String
      var message: String
    }

    var id: Int64?
    var status: String
    var amount: Int64?
    var currency: String
    var flags: [String]?
    var failure: Failure?
  }

  var id: String
  var status: String
  var merchant: String
  var orderID: String
  var amount: Int64?
  var amountRange: Range?
  var currency: String
  var description: String
  var url: String?
  var shortURL: String
  var expiresAt: String
  var createdAt: String
  var payment: PaymentView?

  enum CodingKeys: String, CodingKey {
    case id, status, merchant, amount, currency, description, url, payment
    case orderID = "order_id"
    case amountRange = "amount_range"
    case shortURL = "short_url"
    case expiresAt = "expires_at"
    case createdAt = "created_at"
  }

  var lines: [String] {
    var lines = [
      "\(id)  \(status)", "  order    \(orderID) of \(merchant): \(description)", "  amount   \(amountText)", "  link     \(shortURL)",
      "  page     \(url ?? "not open yet")", "  expires  \(expiresAt)",
    ]
    if let payment { lines.append("  payment  \(Self.text(payment))") }
    return lines
  }

  /// One line of a list.
  var line: String { "\(id)  \(status)  \(createdAt)  \(orderID)  \(amountText)\(payment.map { "  \($0.status)" } ?? "")" }

  private var amountText: String {
    guard let range = amountRange else { return amount.map { Self.money($0, currency) } ?? currency }
    let suggested = amount.map { ", \(Self.money($0, currency)) suggested" } ?? ""
    return "the payer's choice, \(Self.money(range.min, currency)) to \(Self.money(range.max, currency))\(suggested)"
  }

  private static func text(_ payment: PaymentView) -> String {
    let number = payment.id.map { " \($0)" } ?? ""
    let amount = payment.amount.map { " \(money($0, payment.currency))" } ?? ""
    let flags = payment.flags.map { $0.isEmpty ? "" : " (\($0.joined(separator: ", ")))" } ?? ""
    let failure = payment.failure.map { ": \($0.message) (\($0.code))" } ?? ""
    return "\(payment.status)\(number)\(amount)\(flags)\(failure)"
  }

  /// In major units; a currency that this version does not know stays in minor units, and says so.
  static func money(_ units: Int64, _ code: String) -> String {
    guard let currency = try? Currency(code) else { return "\(units) minor units \(code)" }
    return "\(Money(minorUnits: units, currency: currency).decimal) \(code)"
  }
}

/// A refund as the command shows it to a person.
struct RefundView: Decodable {
  var id: String
  var link: String
  var paymentID: Int64?
  var amount: Int64
  var currency: String
  var status: String
  var failure: LinkView.PaymentView.Failure?

  enum CodingKeys: String, CodingKey {
    case id, link, amount, currency, status, failure
    case paymentID = "payment_id"
  }

  var lines: [String] {
    [
      "\(id)  \(status)\(failure.map { ": \($0.message) (\($0.code))" } ?? "")", "  amount   \(LinkView.money(amount, currency))",
      "  payment  \(paymentID.map(String.init) ?? "-") of \(link)",
    ]
  }
}

struct LinkListView: Decodable {
  var data: [LinkView]
  var nextCursor: String?

  enum CodingKeys: String, CodingKey {
    case data
    case nextCursor = "next_cursor"
  }

  var lines: [String] {
    let lines = data.isEmpty ? ["no links"] : data.map(\.line)
    return lines + (nextCursor.map { ["more: --cursor \($0)"] } ?? [])
  }
}

/// A problem document in one line.
struct ProblemView: Decodable {
  struct Fault: Decodable {
    var pointer: String
    var detail: String
  }

  var code: String
  var detail: String?
  var errors: [Fault]?

  var line: String {
    let faults = (errors ?? []).map { "\($0.pointer) \($0.detail)" }.joined(separator: "; ")
    let parts = [code, detail, faults.isEmpty ? nil : faults]
    return parts.compactMap { $0 }.joined(separator: ": ")
  }
}
