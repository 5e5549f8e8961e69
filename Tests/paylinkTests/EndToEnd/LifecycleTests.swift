import HTTPTypes
import Foundation
import Testing

/// Starting, stopping, and being told wrong things.
@Suite struct EndToEndLifecycleTests {
  @Test("SIGTERM under load: what was begun is finished, the exit is 0, and the books hold every link that was answered")
  func terminated() async throws {
    let stand = try Stand()
    try await stand.start()
    let answered = await withTaskGroup(of: [Int].self) { group in
      for worker in 0..<16 {
        group.addTask {
          var seen: [Int] = []
          for round in 0..<200 {
            let body: [String: Any] = ["order_id": "L\(worker)x\(round)", "amount": 100_000, "description": "load"]
            guard let answer = try? await stand.create(body) else { break }
            seen.append(answer.status)
            if answer.status != 201 { break }
          }
          return seen
        }
      }
      try? await Task.sleep(for: .milliseconds(300))
      stand.gateway?.signal(SIGTERM)
      return await group.reduce(into: []) { $0 += $1 }
    }
    let outcome = try await #require(stand.gateway).outcome(within: .seconds(30))
    #expect(outcome.status == 0, "\(outcome.errors.suffix(2000))")
    #expect(answered.filter { $0 != 201 }.allSatisfy { $0 == 503 }, "\(Set(answered))")
    #expect(answered.contains(201))
    stand.killGateway()
    try await stand.startGateway()
    var count = 0
    var cursor: String?
    repeat {
      let page = try await stand.call(.get, "/v1/payment-links?status=active&limit=100" + (cursor.map { "&cursor=\($0)" } ?? "")).json
      count += page["data"].list.count
      cursor = page["has_more"].bool == true ? page["next_cursor"].string : nil
    } while cursor != nil
    #expect(count >= answered.filter { $0 == 201 }.count)
  }

  @Test("A second gateway on the same address or file ends with one line and 75")
  func taken() async throws {
    let stand = try Stand()
    try await stand.start()
    let config = stand.folder.appendingPathComponent("paylink.yaml").path
    let other = try FreePorts.take(2)
    for environment in [[:], ["PAYLINK_LISTEN": "127.0.0.1:\(other[0])", "PAYLINK_OPS_LISTEN": "127.0.0.1:\(other[1])"]] {
      let outcome = try await Program.run(["serve", "--config", config], in: stand.folder, environment: environment)
      #expect(outcome.status == 75)
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
  }

  struct Mistake: Sendable {
    let find: String
    let replace: String
    let says: String
  }

  @Test(
    "A configuration error is one clear line and 78",
    arguments: [
      Mistake(find: "currency: UZS", replace: "currency: XXX", says: "currency"),
      Mistake(find: "api: gateway", replace: "api: other", says: "api"),
      Mistake(find: "merchants: [main]", replace: "merchants: [nobody]", says: "nobody"),
      Mistake(find: "kind: secret", replace: "kind: secret\n    colour: red", says: "colour"),
      Mistake(find: "merchant_id: 555123", replace: "merchant_id: many", says: "merchant_id"),
      Mistake(find: "public_url: http", replace: "public_url: ftp", says: "public_url"),
      Mistake(find: "ops_listen: 127.0.0.1", replace: "ops_listen: here", says: "ops_listen"),
      Mistake(find: "secret_key_file: ", replace: "secret_key_file: /nowhere", says: "secret_key_file"),
    ])
  func mistaken(_ mistake: Mistake) async throws {
    let stand = try Stand()
    let file = stand.folder.appendingPathComponent("paylink.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.contains(mistake.find))
    try text.replacing(mistake.find, with: mistake.replace).write(to: file, atomically: true, encoding: .utf8)
    for command in [["serve", "--config", file.path], ["config", "check", "--config", file.path]] {
      let outcome = try await Program.run(command, in: stand.folder)
      #expect(outcome.status == 78, "\(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(mistake.says), "\(outcome.errors)")
      #expect(!outcome.errors.contains(Stand.secret))
    }
  }

  @Test("Bad usage is 64", arguments: [["serve", "--colour"], ["unknown"], ["links", "show"]])
  func usage(arguments: [String]) async throws {
    let stand = try Stand()
    #expect(try await Program.run(arguments, in: stand.folder).status == 64)
  }

  @Test("Health, readiness and metrics stand on their own listener, and the API's listener shows none of them")
  func operations() async throws {
    let stand = try Stand()
    try await stand.start()
    #expect(try await Wire.send(.get, stand.operations + "/livez").status == 200)
    #expect(try await Wire.send(.get, stand.operations + "/readyz").status == 200)
    _ = try await stand.createFixed(order: "H1")
    _ = try await stand.pay(order: "H1", amount: "150000.00")
    let metrics = try await Wire.send(.get, stand.operations + "/metrics")
    #expect(metrics.status == 200)
    #expect(metrics.text.contains("/v1/payment-links"))
    #expect(metrics.text.contains("paylink_links_created_total{merchant=\"main\",outcome=\"created\"} 1"))
    #expect(!metrics.text.contains("H1"))
    for path in ["/livez", "/readyz", "/metrics"] { #expect(try await Wire.send(.get, stand.url + path).status == 404) }
    let environment = ["PAYLINK_OPS_LISTEN": "127.0.0.1:\(stand.operationsPort)"]
    #expect(try await Program.run(["health"], in: stand.folder, environment: environment).status == 0)
    stand.killGateway()
    #expect(try await Program.run(["health"], in: stand.folder, environment: environment).status == 1)
  }

  @Test("Nothing secret reaches the log: keys, secrets, tokens, card numbers, signatures")
  func silent() async throws {
    let stand = try Stand()
    try await stand.start()
    let link = try await stand.createFixed(order: "S1", more: ["customer": ["phone": "+998901234567", "email": "payer@example.com"]])
    _ = try await stand.pay(order: "S1", amount: "150000.00")
    let token = try #require(link["client_token"].string)
    _ = try await Wire.send(.get, stand.url + "/v1/payment-links/\(link["id"])?client_token=\(token)")
    _ = try await Wire.send(.get, link["short_url"].string ?? "")
    let log = stand.gateway?.log ?? ""
    #expect(!log.isEmpty)
    let short = link["short_url"].string?.split(separator: "/").last.map(String.init) ?? "?"
    for secret in [Stand.key, Stand.secret, token, short, "4400444400004440", "4400-44", "998901234567", "payer@example.com", "pg_sig"] {
      #expect(!log.contains(secret), "\(secret)")
    }
  }
}
