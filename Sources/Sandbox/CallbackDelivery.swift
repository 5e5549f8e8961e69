import Synchronization
import HTTPClient
import Logging

/// Making callbacks and reading what the shop says.
extension Sandbox {
  /// One delivery, with the fault of its kind where a rule has one.
  func deliver(_ callback: Callback) async -> CallbackAnswer {
    await deliver(callback, fault: faults.withLock { $0.take(for: callback.kind.point) })
  }

  func deliver(_ callback: Callback, fault: Fault?) async -> CallbackAnswer {
    switch fault?.kind {
    case .drop, .timeoutBeforeAccept: return .none
    case .delay: await fault?.hold()
    default: break
    }
    let answer = await send(callback, fault)
    if fault?.kind == .duplicate {
      var again = callback
      again.message = again.message.changing("pg_can_reject") { _ in "0" }
      _ = await send(again, fault)  // the first answer counts
    }
    return fault?.kind == .timeoutAfterAccept ? .none : answer
  }

  private func send(_ callback: Callback, _ fault: Fault?) async -> CallbackAnswer {
    let message = callback.signed(secret: configuration.secret, fault: fault?.kind)
    let request = callback.request(message, encoding: configuration.callbackEncoding, timeout: configuration.callbackTimeout)
    var answer: CallbackAnswer
    do throws(HTTPClientError) {
      let response = Self.spoiled(try await caller.send(request), by: fault?.kind)
      answer = CallbackAnswer(response, script: callback.url.script, secret: configuration.secret)
    } catch {
      answer = .none
    }
    logger.info(
      "callback made",
      metadata: [
        "callback": "\(callback.kind.rawValue)", "payment": "\(callback.message["pg_payment_id"] ?? "")",
        "http": "\(answer.http.map(String.init) ?? "none")", "status": "\(answer.status ?? "none")", "signed": "\(answer.isSigned)",
      ])
    return answer
  }

  /// The shop's answer as it would look after an accident on its way back.
  private static func spoiled(_ response: HTTPClientResponse, by fault: FaultKind?) -> HTTPClientResponse {
    var spoiled = response
    switch fault {
    case .html: spoiled.body = Array("<html><body><h1>nginx</h1></body></html>".utf8)
    case .truncated: spoiled.body = Array(response.body.prefix(response.body.count / 2))
    default: if let status = fault?.httpStatus { spoiled.status = status }
    }
    return spoiled
  }

  // MARK: - Results that are due later

  /// Makes every result call whose time has come on the virtual clock.
  func deliverDue() async {
    while let due = ledger.withLock({ $0.callbacks.take(at: clock.now()) }) {
      let isDelivered = await deliver(due)
      ledger.withLock { $0.callbacks.finish(due, isDelivered: isDelivered) }
    }
  }

  private func deliver(_ due: CallbackSchedule.Due) async -> Bool {
    guard let payment = ledger.withLock({ $0.payment(due.payment) }) else { return true }
    guard let callback = resultCallback(of: payment, canReject: due.isFirst && payment.canReject) else { return true }
    let answer = due.isFirst ? await deliver(callback, fault: nil) : await deliver(callback)
    if due.isFirst { settle(payment.id, answer) }
    return answer.http == 200
  }
}
