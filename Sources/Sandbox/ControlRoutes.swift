import Synchronization
import FoundationEssentials
import HTTPServer
import HTTPTypes

/// The routes a test drives the sandbox by (design §4.6). They answer loopback peers that call a loopback host, and take only
/// `application/json`, so that no web page can drive them.
extension Sandbox {
  var controlRoutes: [Route] {
    [
      control(.get, "/control/payments") { _ in self.listPayments() },
      control(.get, "/control/payments/{id}") { request in self.showPayment(request) },
      control(.post, "/control/payments/{id}/pay") { request in await self.payAsPayer(request) },
      control(.get, "/control/requests") { _ in self.listRequests() },
      control(.post, "/control/faults") { request in self.loadFaults(request) },
      control(.post, "/control/clock") { request in await self.moveClock(request) },
    ]
  }

  private func control(_ method: HTTPRequest.Method, _ pattern: String, _ handler: @escaping Handler) -> Route {
    Route(method, pattern) { request in
      guard ControlGuard.isLoopback(request) else { return ControlMessages.problem(.forbidden, "the control routes are for loopback only") }
      guard method != .post || ControlGuard.isJSON(request) else {
        return ControlMessages.problem(.unsupportedMediaType, "the body must be application/json")
      }
      return await handler(request)
    }
  }

  // MARK: - Payments

  private func listPayments() -> Response {
    let payments = ledger.withLock { $0.newest(SandboxLimits.listed) }
    return ControlMessages.json(ControlMessages.Payments(payments: payments.map(entry)))
  }

  private func showPayment(_ request: Request) -> Response {
    guard let payment = payment(request) else { return ControlMessages.noPayment }
    let now = clock.now()
    var shown = entry(payment)
    shown.captured = payment.captured(at: now).text
    shown.refunded = payment.refunded(at: now).text
    shown.operations = payment.operations.map { ControlMessages.Operation($0, now: now) }
    return ControlMessages.json(shown)
  }

  private func payment(_ request: Request) -> SandboxPayment? {
    guard let id = request.parameters["id"].flatMap({ Int64($0) }) else { return nil }
    return ledger.withLock { $0.payment(id) }
  }

  private func entry(_ payment: SandboxPayment) -> ControlMessages.Payment {
    ControlMessages.Payment(
      id: payment.id, order: payment.terms.orderID, amount: payment.shownAmount.text, currency: payment.terms.currency,
      status: payment.status(at: clock.now()).rawValue, url: pageAddress(of: payment))
  }

  /// Acts as the payer: `{"amount": "50000.00", "card": "4400444400004440"}`.
  private func payAsPayer(_ request: Request) async -> Response {
    guard let wish = ControlMessages.read(ControlMessages.Pay.self, request) else { return ControlMessages.unreadable }
    guard let payment = payment(request) else { return ControlMessages.noPayment }
    do throws(AttemptRefusal) {
      let attempt = try await attempt(.pay(amount: wish.amount, card: wish.card), on: payment.id)
      return ControlMessages.json(
        ControlMessages.Paid(
          check: attempt.check.map(ControlMessages.Answer.init), result: attempt.result.map(ControlMessages.Answer.init),
          status: attempt.payment.status.rawValue, redirect: redirect(of: attempt.payment)?.address))
    } catch {
      return ControlMessages.refusal(error)
    }
  }

  // MARK: - Requests, faults, clock

  private func listRequests() -> Response {
    let received = ledger.withLock { $0.requests }
    return ControlMessages.json(ControlMessages.Requests(requests: received.map(ControlMessages.Received.init)))
  }

  /// Takes the place of the rules that stood before; an empty list ends all faults.
  private func loadFaults(_ request: Request) -> Response {
    guard let faults = ControlMessages.read(ControlMessages.Faults.self, request) else { return ControlMessages.unreadable }
    for rule in faults.rules {
      if let objection = rule.objection { return ControlMessages.problem(.unprocessableContent, objection) }
    }
    let seed = faults.seed ?? configuration.seed
    self.faults.withLock { $0.load(faults.rules, seed: seed) }
    return ControlMessages.json(ControlMessages.Faults(seed: seed, rules: faults.rules))
  }

  /// Moves the virtual clock, and makes the callbacks that this made due before it answers.
  private func moveClock(_ request: Request) async -> Response {
    guard let wish = ControlMessages.read(ControlMessages.Clock.self, request) else { return ControlMessages.unreadable }
    guard let step = ControlMessages.duration(wish.advance) else {
      return ControlMessages.problem(.unprocessableContent, "advance is a number with ms, s, m, h or d, such as 30m")
    }
    clock.advance(by: step)
    await deliverDue()
    await waitForDeliveries()
    return ControlMessages.json(ControlMessages.Now(now: SandboxTime(milliseconds: clock.now()).iso8601, offset: clock.offset.milliseconds))
  }

  /// `run` may have taken a callback a moment before: it is waited for, ten seconds at most.
  private func waitForDeliveries() async {
    for _ in 0..<1000 where ledger.withLock({ $0.callbacks.isUnderWay }) > 0 {
      try? await Task.sleep(for: .milliseconds(10))  // the only error is cancellation; the loop is short
    }
  }
}

/// Who may use the control routes.
enum ControlGuard {
  static func isLoopback(_ request: Request) -> Bool {
    isLoopback(address: request.peer) && isLoopback(host: request.head.authority)
  }

  static func isJSON(_ request: Request) -> Bool {
    let type = request.head.fields[.contentType]?.split(separator: ";").first ?? ""
    return type.lowercased().filter { $0 != " " } == "application/json"
  }

  /// `localhost`, `127.0.0.1`, `[::1]`, each with or without a port.
  static func isLoopback(host: String) -> Bool {
    if host.hasPrefix("[") { return host.lowercased() == "[::1]" || (host.hasPrefix("[::1]:") && isPort(host.dropFirst(6))) }
    let parts = host.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, parts.count == 1 || isPort(parts[1]) else { return false }
    return name.lowercased() == "localhost" || isLoopback(address: String(name))
  }

  static func isLoopback(address: String) -> Bool {
    if address == "::1" { return true }
    let mapped = address.lowercased().hasPrefix("::ffff:") ? address.dropFirst(7) : address[...]
    let parts = mapped.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
  }

  private static func isPort(_ text: Substring) -> Bool {
    UInt16(text) != nil
  }
}
