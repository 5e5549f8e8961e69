import HTTPServer
import HTTPTypes

/// What a fault makes of an answer to the shop.
extension Fault {
  /// The answer of a call that was not carried out.
  func responseInstead() async -> Response {
    if let status = kind.httpStatus { return Self.page(status) }
    if kind == .timeoutBeforeAccept { await hold() }
    return Self.closed
  }

  /// The answer of a call that was carried out.
  func response(_ answer: WireAnswer) async -> Response {
    switch kind {
    case .delay: await hold()
    case .timeoutAfterAccept:
      await hold()
      return Self.closed
    case .slowDrip: return dripping(answer.response(answer.signedText))
    case .badSignature: return answer.response(answer.text(signedWith: SandboxSecret("not the shop's secret")))
    case .unsigned: return answer.response(answer.text(signedWith: nil))
    case .wrongAmount: return answer.changing("pg_amount", Self.wrongAmount).responseAsIs
    case .wrongID: return answer.changing("pg_payment_id", Self.wrongID).responseAsIs
    case .html: return Self.page(200)
    case .truncated: return answer.response(Self.truncated(answer.signedText))
    case .drop, .timeoutBeforeAccept, .http401, .http404, .http500: return await responseInstead()
    case .duplicate, .reorder, .pending, .fail, .failLater, .invisible: break
    }
    return answer.responseAsIs
  }

  func hold() async {
    try? await Task.sleep(for: .milliseconds(delay))  // the only error is cancellation: then there is nobody left to hold back
  }

  static func wrongAmount(_ text: String) -> String {
    ((SandboxAmount(text) ?? .zero) + SandboxAmount(hundredths: 100)).text
  }

  static func wrongID(_ text: String) -> String {
    "\((Int64(text) ?? 0) + 1)"
  }

  /// Half of the text, as a connection that ended early behind a careless proxy leaves it.
  static func truncated(_ text: String) -> String {
    String(text.prefix(text.count / 2))
  }

  /// A page as a proxy or a web application firewall sends it.
  private static func page(_ status: Int) -> Response {
    Response(
      status: .init(code: status), contentType: "text/html; charset=utf-8",
      text: "<html><head><title>\(status)</title></head><body><h1>nginx</h1></body></html>\n")
  }

  /// The body breaks off at once, and with it the connection.
  private static let closed = Response(
    status: .ok, fields: [.contentType: "application/xml; charset=utf-8"], body: .stream { _ in throw ConnectionDropped() })

  private struct ConnectionDropped: Error {}

  /// The body in up to fifty pieces over the fault's delay.
  private func dripping(_ response: Response) -> Response {
    guard case .bytes(let bytes) = response.body else { return response }
    let piece = max(1, (bytes.count + 49) / 50)
    let pause = Duration.milliseconds(delay / max(1, bytes.count / piece))
    var slow = response
    slow.body = .stream { writer in
      for start in stride(from: 0, to: bytes.count, by: piece) {
        try await Task.sleep(for: pause)
        try await writer.write(Array(bytes[start..<min(start + piece, bytes.count)]))
      }
    }
    return slow
  }
}

extension WireAnswer {
  fileprivate var responseAsIs: Response { response(signedText) }
}
