import HTTPTypes
import Payments

@testable import FreedomPay
@testable import HTTPServer

/// Callbacks, from the bytes of a request to a report: nothing verifies that was not signed; what was read and is then signed verifies, literally; and whatever is
/// signed becomes a report or a refusal.
enum CallbackProperty {
  private static let secret: SecretKey = {
    guard let secret = SecretKey("fuzz-secret") else { preconditionFailure("a secret") }
    return secret
  }()

  private static let merchant: FreedomPayMerchant = {
    guard let name = try? MerchantName("demo"), let currency = try? Currency("UZS") else { preconditionFailure("a name and a currency") }
    return FreedomPayMerchant(
      name: name, number: 100_000, secrets: SecretKeys(current: secret), region: .uz, family: .gateway, currency: currency,
      publicURL: "https://pay.example.uz/")
  }()

  /// The first byte says in which form the rest came; see `request`.
  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard let form = bytes.first, let request = request(form, Array(bytes.dropFirst())), let message = try? CallbackMessage(request) else {
      return
    }
    for kind in CallbackKind.allCases {
      try require((try? VerifiedCallback(kind, message, merchant: merchant)) == nil, "it verifies, and nobody signed it")
      var signed = message
      signed.fields = Signature.sign(
        message.fields.without(["pg_salt", "pg_sig"]), script: merchant.scriptNames.name(of: kind), secret: secret)
      try verify(kind, signed)
    }
  }

  private static func verify(_ kind: CallbackKind, _ message: CallbackMessage) throws(BrokenProperty) {
    let callback: VerifiedCallback
    do throws(VerifiedCallback.Refusal) {
      callback = try VerifiedCallback(kind, message, merchant: merchant)
    } catch {
      guard case .unreadable = error else { throw BrokenProperty("signed, and \(error)") }
      return
    }
    try require(callback.form == .strict && callback.secret == .current, "signed literally, and verified as \(callback.form)")
    guard let report = try? callback.report(receivedAt: Timestamp(milliseconds: 1_795_000_000_000)) else { return }
    try require(report.source == (kind == .check ? .check : .result), "a report of another kind")
    try require(report.amount.map { $0.minorUnits >= 0 } ?? true, "an amount below nothing: \(String(describing: report.amount))")
    try require(report.evidence.digest.utf8.count == 64, "a digest of \(report.evidence.digest.utf8.count) digits")
  }

  /// 0: urlencoded, 1: multipart with the boundary XX, 2: a query, 3: the field `pg_xml`; each by the byte's remainder.
  private static func request(_ form: UInt8, _ bytes: [UInt8]) -> Request? {
    let path = "/callbacks/demo/result"
    switch form % 4 {
    case 0: return try? Request(.post, path, fields: [.contentType: "application/x-www-form-urlencoded"], body: bytes)
    case 1: return try? Request(.post, path, fields: [.contentType: "multipart/form-data; boundary=XX"], body: bytes)
    case 2:
      guard let query = String(validating: bytes, as: UTF8.self) else { return nil }
      return try? Request(.get, path + "?" + query)
    default:
      guard let document = String(validating: bytes, as: UTF8.self) else { return nil }
      let body = FreedomPay.URLEncodedForm.bytes([(name: "pg_xml", text: document)])
      return try? Request(.post, path, fields: [.contentType: "application/x-www-form-urlencoded"], body: body)
    }
  }
}
