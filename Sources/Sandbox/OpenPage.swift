import Synchronization
import FoundationEssentials
import QRCode

/// `any_amount`, `payment_page`, `init_payment`: a shop opens a payment page (protocol §2).
///
/// Answer: pg_status, pg_payment_id, pg_redirect_url, pg_redirect_url_type, and pg_redirect_qr where it was asked for.
extension Sandbox {
  func openPage(_ message: WireMessage, _ call: SandboxCall) throws(Refusal) -> WireMessage {
    let payment: SandboxPayment
    do {
      let terms = try PageTerms(message, call: call, configuration: configuration)
      let now = clock.now()
      payment = try ledger.withLock { ledger throws(FieldError) in
        try ledger.open(terms, call: call, content: message.without("pg_salt", "pg_sig"), now: now)
      }
    } catch {
      throw .badField(error, call.family)
    }
    return page(of: payment)
  }

  private func page(of payment: SandboxPayment) -> WireMessage {
    let address = pageAddress(of: payment)
    var answer: WireMessage = [
      "pg_status": "ok", "pg_payment_id": "\(payment.id)", "pg_redirect_url": address, "pg_redirect_url_type": "need data",
    ]
    if payment.terms.wantsQR { answer.append("pg_redirect_qr", ifPresent: Self.picture(of: address)) }
    return answer
  }

  /// `http://127.0.0.1:8081/pay.html?customer=<32 hex>`
  func pageAddress(of payment: SandboxPayment) -> String {
    "\(configuration.publicURL)/pay.html?customer=\(payment.customer)"
  }

  private static func picture(of address: String) -> String? {
    guard let code = try? QRCode(address) else { return nil }  // only a public_url of two thousand letters has no picture
    return "data:image/png;base64," + Data(code.png(moduleSize: 6)).base64EncodedString()
  }
}
