import Foundation
import HTTPClient
import HTTPServer
import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import Sandbox

/// A sandbox on a clock that stands still, with a shop that answers its callbacks, called through the router.
struct Bench {
  static let merchant: Int64 = 123456
  static let secret = SandboxSecret("bench-secret")
  /// 2026-11-23 12:00:00 UTC
  static let start: Int64 = 1_795_435_200_000

  let sandbox: Sandbox
  let router: Router
  let clock = SandboxClock(real: { Bench.start })
  let shop: TestShop

  init(shop: TestShop = TestShop(), _ change: (inout SandboxConfiguration) -> Void = { _ in }) throws {
    var configuration = SandboxConfiguration(
      merchant: Self.merchant, secret: Self.secret, publicURL: "http://127.0.0.1:8081", seed: 7)
    configuration.firstPaymentID = 1_432_343_252
    change(&configuration)
    self.shop = shop
    sandbox = Sandbox(
      configuration: configuration, caller: shop, clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    router = try Router(sandbox.routes)
  }

  // MARK: - The shop's calls

  /// The fields that every page call has.
  static func fields(_ more: KeyValuePairs<String, String> = [:], without: [String] = []) -> WireMessage {
    var message: WireMessage = [
      "pg_merchant_id": "\(merchant)", "pg_order_id": "A1001", "pg_amount": "100", "pg_description": "Order A1001", "pg_salt": "some salt",
    ]
    for (name, value) in more {
      message = message.without(name)
      message.append(name, value)
    }
    return WireMessage(message.fields.filter { !without.contains($0.name) })
  }

  static func script(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

  /// Signs and posts; the answer's XML is read, its signature judged.
  func call(_ path: String, _ message: WireMessage, secret: SandboxSecret = Bench.secret) async throws -> CallAnswer {
    var signed = message
    signed.append("pg_sig", WireSignature.digest(message, script: Self.script(path), secret: secret))
    return try await send(path, signed)
  }

  /// Posts as it is.
  func send(_ path: String, _ message: WireMessage) async throws -> CallAnswer {
    let body = FormBody(urlencoded: message.flattened)
    return try await read(
      path, respond(try Request(.post, path, fields: [.contentType: body.contentType], body: body.bytes)))
  }

  func respond(_ request: Request) async -> Response { await router.respond(to: request) }

  func read(_ path: String, _ response: Response) async throws -> CallAnswer {
    let message = try WireXMLReader.read(await bytes(response))
    return CallAnswer(
      http: response.status.code, message: message,
      signature: WireSignature.verdict(on: message, script: Self.script(path), secret: Self.secret))
  }

  /// The whole body; a body that breaks off throws.
  func bytes(_ response: Response) async throws -> [UInt8] {
    switch response.body {
    case .empty: return []
    case .bytes(let bytes): return bytes
    case .stream(let write):
      let collector = Collector()
      try await write(collector)
      return collector.bytes.withLock { $0 }
    }
  }

  func text(_ response: Response) async throws -> String { String(decoding: try await bytes(response), as: UTF8.self) }

  /// Opens a page and gives its number and the target of its address.
  func open(_ path: String = "/g2g/any_amount", _ more: KeyValuePairs<String, String> = [:]) async throws -> (id: Int64, page: String) {
    let answer = try await call(path, Self.fields(more))
    let id = try #require(answer["pg_payment_id"].flatMap { Int64($0) }, "\(answer.message)")
    let url = try #require(answer["pg_redirect_url"])
    return (id, String(url.dropFirst("http://127.0.0.1:8081".count)))
  }

  // MARK: - The payer, and the control routes

  func press(_ page: String, _ fields: KeyValuePairs<String, String>) async throws -> Response {
    let body = FormBody(urlencoded: fields.map { ($0, $1) })
    return await respond(try Request(.post, page, fields: [.contentType: body.contentType], body: body.bytes))
  }

  func get(_ target: String) async throws -> Response { await respond(try Request(.get, target)) }

  func control(_ path: String, _ json: String) async throws -> (status: Int, json: [String: Any]) {
    let response = await respond(try Request(.post, path, fields: [.contentType: "application/json"], body: Array(json.utf8)))
    return (response.status.code, try await object(response))
  }

  func object(_ response: Response) async throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(try await bytes(response))) as? [String: Any])
  }

  @discardableResult
  func pay(_ id: Int64, amount: String? = nil, card: String = "4400444400004440") async throws -> (status: Int, json: [String: Any]) {
    let amount = amount.map { "\"amount\": \"\($0)\", " } ?? ""
    return try await control("/control/payments/\(id)/pay", "{\(amount)\"card\": \"\(card)\"}")
  }

  func status(_ id: Int64, _ path: String = "/get_status3.php") async throws -> CallAnswer {
    try await call(path, ["pg_merchant_id": "\(Self.merchant)", "pg_payment_id": "\(id)", "pg_salt": "s"])
  }

  private final class Collector: BodyWriter {
    let bytes = Mutex<[UInt8]>([])
    func write(_ more: [UInt8]) async throws { bytes.withLock { $0 += more } }
  }
}

struct CallAnswer {
  var http: Int
  var message: WireMessage
  var signature: WireSignature.Verdict

  subscript(_ name: String) -> String? { message[name] }
}

/// The shop's end of the callbacks: keeps what it is sent, answers what the test wants.
final class TestShop: HTTPCaller {
  struct Call: Sendable {
    var method: HTTPRequest.Method
    var url: String
    var contentType: String
    var message: WireMessage
    var signature: WireSignature.Verdict
    var script: String { WireURL(url)?.script ?? "" }
  }

  enum Answer: Sendable {
    case ok
    case rejected(String)
    case error
    case unsigned
    case wronglySigned
    case http(Int)
    case silence
    case text(String)
  }

  let calls = Mutex<[Call]>([])
  /// Answers to check and result calls; the last one is given again and again.
  let answers: Mutex<(check: [Answer], result: [Answer])>

  /// Done once, while the first call waits for its answer.
  let meanwhile = Mutex<(@Sendable () async -> Void)?>(nil)

  init(check: [Answer] = [.ok], result: [Answer] = [.ok]) {
    answers = Mutex((check, result))
  }

  var checks: [Call] { calls.withLock { $0.filter { $0.message["pg_result"] == nil } } }
  var results: [Call] { calls.withLock { $0.filter { $0.message["pg_result"] != nil } } }

  func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
    let call = Self.read(request)
    calls.withLock { $0.append(call) }
    if let meanwhile = meanwhile.withLock({ $0.take() }) { await meanwhile() }
    let answer = answers.withLock { answers in
      if call.message["pg_result"] == nil {
        return answers.check.count > 1 ? answers.check.removeFirst() : answers.check[0]
      }
      return answers.result.count > 1 ? answers.result.removeFirst() : answers.result[0]
    }
    return try Self.respond(answer, script: call.script)
  }

  private static func read(_ request: HTTPClientRequest) -> Call {
    let url = WireURL(request.url)
    let type = request.fields[.contentType] ?? ""
    var fields: [(name: String, value: String)] = url?.parameters ?? []
    if request.method == .post {
      let read = try? Request(.post, "/", fields: request.fields, body: request.body)
      fields = ((try? read?.form()) ?? []).map { ($0.name, $0.value) }
    }
    var message = WireMessage(form: fields)
    if let xml = message["pg_xml"] { message = (try? WireXMLReader.read(Array(xml.utf8))) ?? [:] }
    let verdict = WireSignature.verdict(on: message, script: url?.script ?? "", secret: Bench.secret)
    return Call(method: request.method, url: request.url, contentType: type, message: message, signature: verdict)
  }

  private static func respond(_ answer: Answer, script: String) throws(HTTPClientError) -> HTTPClientResponse {
    func signed(_ message: WireMessage, _ secret: SandboxSecret = Bench.secret) -> HTTPClientResponse {
      HTTPClientResponse(status: 200, body: Array(WireSignature.signed(message, script: script, secret: secret).xml(root: "response").utf8))
    }
    switch answer {
    case .ok: return signed(["pg_status": "ok"])
    case .rejected(let why): return signed(["pg_status": "rejected", "pg_description": why])
    case .error: return signed(["pg_status": "error", "pg_description": "not understood"])
    case .unsigned: return HTTPClientResponse(status: 200, body: Array("<response><pg_status>ok</pg_status></response>".utf8))
    case .wronglySigned: return signed(["pg_status": "ok"], SandboxSecret("another"))
    case .http(let status): return HTTPClientResponse(status: status, body: [])
    case .text(let text): return HTTPClientResponse(status: 200, body: Array(text.utf8))
    case .silence: throw HTTPClientError(code: .timeout, mayHaveBeenSent: true, detail: "no answer")
    }
  }
}
