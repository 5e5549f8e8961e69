import Foundation
import HTTPClient
import HTTPServer
import HTTPTypes
import Logging
import Synchronization
import Testing
import Transport

@testable import Sandbox

@Suite("The sandbox over real sockets")
struct SandboxOverSocketsTests {
  /// The shop's end: answers check and result with a signed ok, and takes the payer back.
  final class Shop: Routable {
    let seen = Mutex<[(path: String, message: WireMessage)]>([])

    var routes: [Route] {
      [
        Route(.post, "/callbacks/{kind}", class: .callback) { request in
          let fields = ((try? request.form()) ?? []).map { (name: $0.name, value: $0.value) }
          self.seen.withLock { $0.append((request.segments.joined(separator: "/"), WireMessage(form: fields))) }
          let answer = WireSignature.signed(["pg_status": "ok"], script: request.segments.last ?? "", secret: Bench.secret)
          return Response(status: .ok, contentType: "text/xml", text: answer.xml(root: "response"))
        },
        Route(.get, "/back/{how}") { request in
          let fields = ((try? request.queryFields()) ?? []).map { (name: $0.name, value: $0.value) }
          self.seen.withLock { $0.append((request.segments.joined(separator: "/"), WireMessage(form: fields))) }
          return Response(status: .ok, contentType: "text/plain", text: "welcome back")
        },
      ]
    }
  }

  /// Sandbox, shop and a client, each on the same loops.
  struct Town {
    var sandbox: String
    var shop: String
    var shopEnd: Shop
    var client: HTTPClient
  }

  private func town(_ body: (Town) async throws -> Void) async throws {
    let loops = try EventLoopGroup(count: 2, name: "sandbox-test")
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let client = HTTPClient(loops: loops)
    let shopEnd = Shop()
    // The page's address is not known before the socket is bound; the test puts the port in.
    let configuration = SandboxConfiguration(merchant: Bench.merchant, secret: Bench.secret, publicURL: "http://sandbox.test")
    let sandbox = Sandbox(configuration: configuration, caller: client, clock: SandboxClock(), logger: logger)
    var servers: [Server] = []
    var ports: [String] = []
    for routes in [sandbox.routes, shopEnd.routes] {
      let server = Server(
        router: try Router(routes), configuration: ServerConfiguration(addresses: [try SocketAddress("127.0.0.1:0")]), loops: loops,
        logger: logger)
      ports.append(try server.start().map { "\($0)" }.joined())
      servers.append(server)
    }
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(Town(sandbox: "http://\(ports[0])", shop: "http://\(ports[1])", shopEnd: shopEnd, client: client)))
    } catch { result = .failure(error) }
    await client.shutdown()
    for server in servers { await server.drain(within: .seconds(2)) }
    loops.shutdown()
    try result.get()
  }

  private func open(_ town: Town) async throws -> HTTPClientResponse {
    var message = Bench.fields([
      "pg_amount": "0", "pg_amount_interval_from": "10000", "pg_amount_interval_to": "500000",
      "pg_check_url": "\(town.shop)/callbacks/check",
      "pg_result_url": "\(town.shop)/callbacks/result", "pg_success_url": "\(town.shop)/back/ok", "pg_failure_url": "\(town.shop)/back/no",
      "pg_generate_qr": "1",
    ])
    message.append("pg_sig", WireSignature.digest(message, script: "any_amount", secret: Bench.secret))
    let form = FormBody(multipart: message.flattened)
    return try await town.client.send(
      HTTPClientRequest(url: "\(town.sandbox)/g2g/any_amount", fields: [.contentType: form.contentType], body: form.bytes))
  }

  @Test("a page is opened, shown, paid with an amount of the payer's choice, told to the shop, and left again")
  func wholeWay() async throws {
    try await town { town in
      let answer = try WireXMLReader.read(try await open(town).body)
      #expect(WireSignature.verdict(on: answer, script: "any_amount", secret: Bench.secret) == .valid)
      let page = town.sandbox + (try #require(answer["pg_redirect_url"]).dropFirst("http://sandbox.test".count))
      let shown = try await town.client.send(HTTPClientRequest(method: .get, url: page))
      #expect(shown.status == 200 && String(decoding: shown.body, as: UTF8.self).contains("from 10000.00 to 500000.00"))
      let press = FormBody(urlencoded: [("amount", "50000"), ("card", "4400444400004440"), ("action", "pay")])
      let paid = try await town.client.send(HTTPClientRequest(url: page, fields: [.contentType: press.contentType], body: press.bytes))
      #expect(paid.status == 303)
      let back = try await town.client.send(HTTPClientRequest(method: .get, url: try #require(paid.fields[.location])))
      #expect(String(decoding: back.body, as: UTF8.self) == "welcome back")
      let seen = town.shopEnd.seen.withLock { $0 }
      #expect(seen.map(\.path) == ["callbacks/check", "callbacks/result", "back/ok"])
      for (path, message) in seen {
        let script = String(path.split(separator: "/").last ?? "")
        #expect(WireSignature.verdict(on: message, script: script, secret: Bench.secret) == .valid, "\(path)")
      }
      #expect(seen[1].message["pg_amount"] == "50000" && seen[1].message["pg_result"] == "1")
    }
  }

  @Test(
    "a dropped answer ends the connection, and the caller cannot know whether it was accepted", arguments: ["drop", "timeout_after_accept"])
  func dropped(fault: String) async throws {
    try await town { town in
      let rules = "{\"rules\": [{\"on\": \"any_amount\", \"fault\": \"\(fault)\", \"delay_ms\": 10}]}"
      let loaded = try await town.client.send(
        HTTPClientRequest(url: "\(town.sandbox)/control/faults", fields: [.contentType: "application/json"], body: Array(rules.utf8)))
      #expect(loaded.status == 200)
      let error = await #expect(throws: HTTPClientError.self) { try await self.open(town) }
      #expect(error?.mayHaveBeenSent == true)
      let list = try await town.client.send(HTTPClientRequest(method: .get, url: "\(town.sandbox)/control/payments"))
      let object = try JSONSerialization.jsonObject(with: Data(list.body)) as? [String: [Any]]
      #expect(object?["payments"]?.count == (fault == "drop" ? 0 : 1))
      #expect(try await open(town).status == 200)
    }
  }

  @Test("a refund whose answer is lost was carried out or not, and the books say which", arguments: ["drop", "timeout_after_accept"])
  func droppedRefund(fault: String) async throws {
    try await town { town in
      func post(_ path: String, _ json: String) async throws {
        let answer = try await town.client.send(
          HTTPClientRequest(url: town.sandbox + path, fields: [.contentType: "application/json"], body: Array(json.utf8)))
        #expect(answer.status == 200)
      }
      let id = try #require(try WireXMLReader.read(try await open(town).body)["pg_payment_id"])
      try await post("/control/payments/\(id)/pay", "{\"card\": \"4400444400004440\", \"amount\": \"10000\"}")
      try await post("/control/faults", "{\"rules\": [{\"on\": \"refund\", \"fault\": \"\(fault)\", \"delay_ms\": 10}]}")
      var message: WireMessage = ["pg_merchant_id": "\(Bench.merchant)", "pg_payment_id": id, "pg_amount": "2500", "pg_salt": "s"]
      message.append("pg_sig", WireSignature.digest(message, script: "refund", secret: Bench.secret))
      let form = FormBody(urlencoded: message.flattened)
      let call = HTTPClientRequest(url: "\(town.sandbox)/g2g/refund", fields: [.contentType: form.contentType], body: form.bytes)
      let error = await #expect(throws: HTTPClientError.self) { try await town.client.send(call) }
      #expect(error?.mayHaveBeenSent == true)
      let shown = try await town.client.send(HTTPClientRequest(method: .get, url: "\(town.sandbox)/control/payments/\(id)"))
      let object = try JSONSerialization.jsonObject(with: Data(shown.body)) as? [String: Any]
      #expect(object?["refunded"] as? String == (fault == "drop" ? "0" : "2500"))
      #expect((object?["operations"] as? [[String: Any]])?.count == (fault == "drop" ? 0 : 1))
    }
  }

  @Test("a slow answer arrives whole")
  func slow() async throws {
    try await town { town in
      let rules = "{\"rules\": [{\"on\": \"any_amount\", \"fault\": \"slow_drip\", \"delay_ms\": 100}]}"
      _ = try await town.client.send(
        HTTPClientRequest(url: "\(town.sandbox)/control/faults", fields: [.contentType: "application/json"], body: Array(rules.utf8)))
      #expect(try WireXMLReader.read(try await open(town).body)["pg_status"] == "ok")
    }
  }
}
