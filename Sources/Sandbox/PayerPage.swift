import Synchronization
import HTTPServer
import HTTPTypes

/// The payer's page, `/pay.html?customer=…`: GET shows it, POST is one of its buttons. It works without script.
extension Sandbox {
  var payerRoutes: [Route] {
    [
      Route(.get, "/pay.html") { request in self.show(request) },
      Route(.post, "/pay.html", bodyLimit: 8 * 1024) { request in await self.press(request) },
    ]
  }

  private func show(_ request: Request) -> Response {
    guard let payment = payment(of: request) else { return PayerViews.notFound }
    return page(of: payment, note: nil)
  }

  /// `action=pay` with `card` (a test card of the list) or `number` (typed in), and `amount` where the page asks; or `action=decline`.
  private func press(_ request: Request) async -> Response {
    guard let payment = payment(of: request) else { return PayerViews.notFound }
    guard let fields = try? request.form() else { return PayerViews.unreadable }
    func field(_ name: String) -> String? { fields.last { $0.name == name && !$0.value.isEmpty }?.value }
    let choice: PayerChoice
    switch field("action") {
    case "decline": choice = .decline
    case "pay": choice = .pay(amount: field("amount"), card: field("number") ?? field("card") ?? "")
    default: return PayerViews.unreadable
    }
    do throws(AttemptRefusal) {
      return after(try await attempt(choice, on: payment.id))
    } catch {
      return refused(error, payment.id, amount: field("amount"))
    }
  }

  private func payment(of request: Request) -> SandboxPayment? {
    guard let customer = (try? request.queryFields())?.first(where: { $0.name == "customer" })?.value else { return nil }
    return ledger.withLock { $0.payment(customer: customer) }
  }

  /// An attempt that ended sends the payer back; one that the shop refused at the check stays here with the shop's reason.
  private func after(_ attempt: Attempt) -> Response {
    if attempt.isRefusedByCheck {
      let reason = attempt.payment.failure?.description ?? ""
      return page(of: attempt.payment, note: reason, status: .ok)
    }
    guard let redirect = redirect(of: attempt.payment) else { return Self.seeOther(pageAddress(of: attempt.payment)) }
    return redirect.isPost ? PayerViews.formBack(redirect) : Self.seeOther(redirect.address)
  }

  private func refused(_ refusal: AttemptRefusal, _ id: Int64, amount: String?) -> Response {
    guard let payment = ledger.withLock({ $0.payment(id) }) else { return PayerViews.notFound }
    return switch refusal {
    case .amount(let note), .card(let note): page(of: payment, note: note, status: .unprocessableContent, amount: amount)
    case .unknownPayment, .expired, .alreadyDecided, .underWay: page(of: payment, note: nil)
    }
  }

  /// The page as the payment stands now.
  private func page(
    of payment: SandboxPayment, note: String?, status: HTTPResponse.Status = .ok, amount: String? = nil
  ) -> Response {
    let now = clock.now()
    let wayBack = payment.status == .new ? nil : redirect(of: payment)
    let back = wayBack.flatMap { $0.isPost ? nil : $0.address } ?? payment.terms.siteURL?.text
    switch payment.status(at: now) {
    case .success:
      return PayerViews.state("Paid", "\(payment.shownAmount.fixed) \(payment.terms.currency) was paid. Nothing more to do.", back)
    case .revoked:
      return PayerViews.state("Taken back", payment.failure?.description ?? "The shop released the money.", back)
    case .pending:
      return PayerViews.state("Under way", "The payment is being made. Load this page again in a moment.", nil)
    case .new, .error, .incomplete:
      guard !payment.isExpired(at: now) else {
        return PayerViews.state("Expired", "The time to pay is over.", payment.terms.siteURL?.text, status: .gone)
      }
      return PayerViews.open(payment, note: note, status: status, amount: amount, back: back)
    }
  }

  private static func seeOther(_ address: String) -> Response {
    Response(status: .seeOther, fields: [.location: address, .cacheControl: "no-store"])
  }
}
