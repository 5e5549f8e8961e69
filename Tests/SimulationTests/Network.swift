import FreedomPay
import HTTPClient
import HTTPServer
import HTTPTypes
import Logging
import Sandbox
import Synchronization

/// The wires between the gateway and the two acquirers, in memory: they lose, double and delay what they carry.
struct Network: HTTPCaller {
  let world: World
  let acquirers: Acquirers

  /// A call of the gateway.
  func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
    let call = KillPoint.call(request.url)
    if world.strikes(3) {
      world.note("  \(call): no connection")
      throw HTTPClientError(code: .connect, mayHaveBeenSent: false, detail: "nobody took the connection")
    }
    if ["capture", "cancel", "refund"].contains(call), let payment = Wire.field("pg_payment_id", of: request).flatMap({ Int64($0) }) {
      world.left(.init(payment: payment, kind: call))
    }
    if world.strikes(3) {
      world.note("  \(call): lost on its way")
      throw HTTPClientError(code: .connectionLost, mayHaveBeenSent: true, detail: "lost on its way")
    }
    if call == "page" { noteKey(request) }
    let before = world.clock.now()
    wait()
    let response = try await Wire.carry(request, to: acquirers.router(of: request.url))
    world.note("  \(call): \(response.status) \(Wire.gist(response.body))")
    wait()
    if world.strikes(4) {
      world.note("  \(call): its answer was lost")
      throw HTTPClientError(code: .connectionLost, mayHaveBeenSent: true, detail: "the answer was lost")
    }
    guard world.clock.now() - before < 20_000 else {
      world.note("  \(call): too slow")
      throw HTTPClientError(code: .timeout, mayHaveBeenSent: true, detail: "too slow")
    }
    return response
  }

  private func wait() {
    if world.strikes(5) { world.clock.advance(by: .milliseconds(world.pick(100...30_000))) }
  }

  private func noteKey(_ request: HTTPClientRequest) {
    guard let order = Wire.field("pg_order_id", of: request), let key = Wire.field("pg_idempotency_key", of: request) else { return }
    world.asked(order: order, key: key)
  }
}

/// What carries the acquirers' callbacks to a process that lives.
struct CallbackLine: HTTPCaller {
  let world: World

  func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
    let kind = request.url.split(separator: "?")[0].hasSuffix("check") ? "check" : "result"
    if world.strikes(4) {
      world.note("  \(kind): lost on its way")
      throw lost
    }
    if world.strikes(4) {
      world.note("  \(kind): delivered twice")
      _ = try await deliver(request, kind)
    }
    let response = try await deliver(request, kind)
    if kind == "check" { await world.betweenCheckAndPayment() }
    if world.strikes(4) {
      world.note("  \(kind): its answer was lost")
      throw lost
    }
    return response
  }

  private var lost: HTTPClientError { HTTPClientError(code: .connectionLost, mayHaveBeenSent: true, detail: "lost") }

  private func deliver(_ request: HTTPClientRequest, _ kind: String) async throws(HTTPClientError) -> HTTPClientResponse {
    guard let life = world.living else {
      world.note("  \(kind): the gateway is down")
      throw HTTPClientError(code: .connect, mayHaveBeenSent: false, detail: "the gateway is down")
    }
    guard await life.passes(KillPoint.callbackIn(kind)) else { throw lost }
    let response = try await Wire.carry(request, to: life.router)
    guard !life.isDead, await life.passes(KillPoint.callbackOut(kind)) else { throw lost }
    let gist = Wire.gist(response.body)
    world.note("  \(kind): \(response.status) \(gist)")
    if gist.hasPrefix("ok"), let payment = Wire.field("pg_payment_id", of: request).flatMap({ Int64($0) }) {
      world.acknowledge(.init(payment: payment, kind: kind))
    }
    return response
  }
}

/// The two acquirers, one per family, on one clock.
struct Acquirers: Sendable {
  private let gateway: Router
  private let merchant: Router

  init(world: World) throws {
    func router(_ family: Family, first: Int64) throws -> Router {
      var configuration = SandboxConfiguration(
        merchant: Account.number(of: family), secret: SandboxSecret(Account.secret), publicURL: Account.base(of: family), seed: world.seed)
      configuration.firstPaymentID = first
      // What the sources do not agree on is one way in one run and the other in the next.
      configuration.operationCallbacks = world.seed % 4 == 1
      configuration.callbackEncoding = world.seed % 3 == 1 ? .multipart : .urlencoded
      let sandbox = Sandbox(
        configuration: configuration, caller: CallbackLine(world: world), clock: world.clock,
        logger: Logger(label: "sandbox") { _ in SwiftLogNoOpLogHandler() })
      return try Router(sandbox.routes)
    }
    gateway = try router(.gateway, first: 1_000_000)
    merchant = try router(.merchant, first: 2_000_000)
  }

  subscript(family: Family) -> Router { family == .gateway ? gateway : merchant }

  func router(of url: String) -> Router { url.hasPrefix(Account.base(of: .gateway)) ? gateway : merchant }
}

enum Wire {
  static func carry(_ request: HTTPClientRequest, to router: Router) async throws(HTTPClientError) -> HTTPClientResponse {
    let broken = HTTPClientError(code: .connectionLost, mayHaveBeenSent: true, detail: "the body broke off")
    // http://127.0.0.1:8081/path?query
    let target = request.url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true).last.map { "/\($0)" } ?? "/"
    do {
      let received = try Request(request.method, target, fields: request.fields, body: request.body)
      let response = await router.respond(to: received)
      return HTTPClientResponse(status: response.status.code, fields: response.fields, body: try await bytes(response))
    } catch {
      throw broken
    }
  }

  /// A field of a form.
  static func field(_ name: String, of request: HTTPClientRequest) -> String? {
    guard let read = try? Request(.post, "/", fields: request.fields, body: request.body), let form = try? read.form() else { return nil }
    return form.first { $0.name == name }?.value
  }

  static func bytes(_ response: Response) async throws -> [UInt8] {
    switch response.body {
    case .empty: return []
    case .bytes(let bytes): return bytes
    case .stream(let write):
      let collector = Collector()
      try await write(collector)
      return collector.bytes.withLock { $0 }
    }
  }

  /// What stands in `pg_status`, with what it says, for the log.
  static func gist(_ body: [UInt8]) -> String {
    let text = String(decoding: body, as: UTF8.self)
    return ["pg_status", "pg_error_code", "pg_payment_id", "pg_payment_status", "pg_description"].compactMap { value($0, text) }
      .joined(separator: " ")
  }

  private static func value(_ name: String, _ text: String) -> String? {
    let pieces = text.split(separator: "<\(name)>", maxSplits: 1)
    guard pieces.count == 2 else { return nil }
    return String(pieces[1].prefix { $0 != "<" })
  }

  private final class Collector: BodyWriter {
    let bytes = Mutex<[UInt8]>([])
    func write(_ more: [UInt8]) async throws { bytes.withLock { $0 += more } }
  }
}
