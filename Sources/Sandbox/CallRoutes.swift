import Logging
import Synchronization
import HTTPServer
import HTTPTypes

/// The calls of the shop: `POST` or `GET` in, XML out.
extension Sandbox {
  var callRoutes: [Route] {
    SandboxCall.all.flatMap { call in
      call.paths.flatMap { path in
        [HTTPRequest.Method.post, .get].map { method in
          Route(method, path) { request in await self.answer(request, to: call) }
        }
      }
    }
  }

  private func answer(_ request: Request, to call: SandboxCall) async -> Response {
    let fault = faults.withLock { $0.take(for: FaultPoint(call.operation)) }
    let asked: WireRequest
    do {
      asked = try WireRequest(request)
    } catch {
      return await WireAnswer(refusal: error, script: "", configuration: configuration).response(with: fault)
    }
    let verdict = record(asked, request)
    if let fault, fault.kind.isBeforeAccept { return await fault.responseInstead() }
    let fate = faults.withLock { $0.take(for: FaultPoint(call.operation), .outcome) }
    if fault?.kind == .duplicate { _ = outcome(of: asked, signature: verdict, call: call, fate) }
    let answer = outcome(of: asked, signature: verdict, call: call, fate)
    return await answer.response(with: fault)
  }

  private func record(_ asked: WireRequest, _ request: Request) -> WireSignature.Verdict {
    let verdict = WireSignature.verdict(on: asked.message, script: asked.script, secret: configuration.secret)
    let received = ReceivedRequest(at: clock.now(), path: request.route, fields: asked.message.flattened, signature: verdict)
    ledger.withLock { $0.record(received) }
    logger.info("call received", metadata: ["route": "\(request.route)", "signature": "\(verdict.rawValue)"])
    return verdict
  }

  /// Who calls, then whether it is signed, then what it asks for (protocol §1.1). `fate` is the fault of what it asks for.
  private func outcome(of asked: WireRequest, signature: WireSignature.Verdict, call: SandboxCall, _ fate: Fault?) -> WireAnswer {
    do throws(Refusal) {
      guard asked.message["pg_merchant_id"] == "\(configuration.merchant)" else { throw .unknownMerchant(call.family) }
      guard signature == .valid else { throw .wrongSignature(httpStatus: configuration.signatureErrorStatus) }
      guard asked.message["pg_salt"]?.isEmpty == false else {
        throw .badField(FieldError(name: "pg_salt", reason: "обязателен"), call.family)
      }
      return WireAnswer(try carryOut(asked.message, call, fate), script: asked.script, configuration: configuration)
    } catch {
      return WireAnswer(refusal: error, script: asked.script, configuration: configuration)
    }
  }

  private func carryOut(_ message: WireMessage, _ call: SandboxCall, _ fate: Fault?) throws(Refusal) -> WireMessage {
    switch call.operation {
    case .anyAmount, .paymentPage, .initPayment: try openPage(message, call)
    case .status: try readStatus(message, call)
    case .capture: try operate(.capture, message, call, fault: fate)
    case .cancel: try operate(.cancel, message, call, fault: fate)
    case .refund: try operate(.refund, message, call, fault: fate)
    }
  }
}
