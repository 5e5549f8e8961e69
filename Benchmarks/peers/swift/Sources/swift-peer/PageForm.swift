import Crypto
import Foundation

/// `pg_sig`: MD5 over the script name, the values in the order of their names, and the secret, joined by semicolons.
enum Signature {
  static func hex(_ fields: [String: String], script: String, secret: String) -> String {
    let values = fields.filter { $0.key != "pg_sig" }.sorted { $0.key < $1.key }.map(\.value)
    let text = ([script] + values + [secret]).joined(separator: ";")
    let digits = Array("0123456789abcdef".utf8)
    let digest = Insecure.MD5.hash(data: Data(text.utf8))
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  static func fits(_ fields: [String: String], script: String, secret: String) -> Bool {
    fields["pg_sig"] == hex(fields, script: script, secret: secret)
  }
}

/// The form that opens a page.
struct PageForm {
  let encoded: String

  init(_ link: Link, secret: String) {
    let callbacks = "http://127.0.0.1/callbacks/main"
    let returns = "http://127.0.0.1/return/\(link.id)"
    var fields = [
      "pg_order_id": link.order_id, "pg_merchant_id": "700001", "pg_description": link.description, "pg_idempotency_key": link.id,
      "pg_amount": "\(link.amount / 100).\(String(format: "%02d", link.amount % 100))", "pg_currency": link.currency,
      "pg_check_url": callbacks + "/check", "pg_result_url": callbacks + "/result", "pg_request_method": "POST",
      "pg_success_url": returns + "/success", "pg_success_url_method": "GET", "pg_failure_url": returns + "/failure",
      "pg_failure_url_method": "GET", "pg_lifetime": "86400", "paylink_link": link.id,
      "pg_salt": String(UInt64.random(in: .min ... .max), radix: 16),
    ]
    fields["pg_sig"] = Signature.hex(fields, script: "payment_page", secret: secret)
    encoded = fields.map { "\($0)=\(Self.percentEncoded($1))" }.joined(separator: "&")
  }

  private static let unreserved = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

  private static func percentEncoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
  }
}
