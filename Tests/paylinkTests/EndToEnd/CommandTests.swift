import HTTPTypes
import Foundation
import Testing

/// The API from a shell, and the sandbox that needs no configuration.
@Suite struct EndToEndCommandTests {
  @Test("links create, show, list and cancel do over the shell what the API does")
  func links() async throws {
    let stand = try Stand()
    try await stand.start()
    let environment = ["PAYLINK_URL": stand.url, "PAYLINK_KEY": Stand.key]
    func run(_ arguments: String...) async throws -> Program.Outcome {
      try await Program.run(["links"] + arguments + ["--json"], in: stand.folder, environment: environment)
    }
    let created = try await run("create", "--order", "S1", "--amount", "150000", "--currency", "UZS", "--description", "From a shell")
    #expect(created.status == 0, "\(created.errors)")
    let link = JSON(bytes: Array(created.output.utf8))
    #expect(link["amount"].int == 15_000_000)
    let id = try #require(link["id"].string)
    #expect(JSON(bytes: Array(try await run("show", id).output.utf8))["status"].string == "active")
    #expect(try await run("list", "--order", "S1").output.contains(id))
    #expect(JSON(bytes: Array(try await run("cancel", id).output.utf8))["status"].string == "canceled")
    let refused = try await Program.run(
      ["links", "show", id], in: stand.folder, environment: ["PAYLINK_URL": stand.url, "PAYLINK_KEY": "sk_wrong"])
    #expect(refused.status != 0)
    #expect(!refused.errors.contains("sk_wrong"))
  }

  @Test("Where no gateway answers, links says so in one plain line and exits 69")
  func silence() async throws {
    let stand = try Stand()
    // Nobody listens on port 1 of this machine.
    let outcome = try await Program.run(
      ["links", "list"], in: stand.folder, environment: ["PAYLINK_URL": "http://127.0.0.1:1", "PAYLINK_KEY": Stand.key])
    #expect(outcome.status == 69)
    #expect(outcome.errors.hasPrefix("paylink: http://127.0.0.1:1: no answer ("))
    #expect(outcome.errors.split(separator: "\n").count == 1)
    #expect(!outcome.errors.contains("HTTPClientError"))
  }

  @Test("keys new prints a key once with the hash to configure")
  func keys() async throws {
    let stand = try Stand()
    for (arguments, prefix) in [(["keys", "new"], "sk_"), (["keys", "new", "--publishable"], "pk_")] {
      let outcome = try await Program.run(arguments, in: stand.folder)
      #expect(outcome.status == 0)
      let words = outcome.output.split { " \n:\"".contains($0) }.map(String.init)
      let key = try #require(words.first { $0.hasPrefix(prefix) })
      #expect(words.contains(SHA.hex(key)), "\(outcome.output)")
    }
  }

  @Test("prune counts, takes away, and says so for each kind; beside a gateway on the same file it exits 75")
  func prune() async throws {
    let stand = try Stand()
    let config = stand.folder.appendingPathComponent("paylink.yaml").path
    let counted = try await Program.run(["prune", "--dry-run", "--config", config, "--set", "retention.orphans=forever"], in: stand.folder)
    #expect(counted.status == 0, "\(counted.errors)")
    let lines = counted.output.split(separator: "\n").map(String.init)
    #expect(lines.map { $0.prefix { $0 != " " } } == ["messages", "attempts", "answers", "idempotency_keys", "events", "orphans"])
    #expect(lines.dropLast().allSatisfy { $0.contains(" 0 to remove, older than 20") })
    #expect(lines.last == "orphans           kept forever")
    let pruned = try await Program.run(["prune", "--config", config], in: stand.folder)
    #expect(pruned.output.contains("messages          0 removed, older than 20"))
    try await stand.start()
    let beside = try await Program.run(["prune", "--config", config], in: stand.folder)
    #expect(beside.status == 75)
    #expect(beside.errors.split(separator: "\n").count == 1)
  }

  @Test("config check --live tells a right secret from a wrong one")
  func live() async throws {
    let stand = try Stand()
    try await stand.startSandbox()
    let config = stand.folder.appendingPathComponent("paylink.yaml").path
    let right = try await Program.run(["config", "check", "--live", "--config", config], in: stand.folder)
    #expect(right.status == 0, "\(right.errors)\(right.output)")
    try "wrong".write(to: stand.folder.appendingPathComponent("secret"), atomically: true, encoding: .utf8)
    let wrong = try await Program.run(["config", "check", "--live", "--config", config], in: stand.folder)
    #expect(wrong.status == 78, "\(wrong.errors)\(wrong.output)")
  }

  @Test("serve --sandbox needs no configuration: the command that it prints makes a link, and paying it completes it")
  func sandbox() async throws {
    let stand = try Stand()
    let ports = (stand.gatewayPort, stand.operationsPort, stand.sandboxPort)
    let program = try await stand.startAllInOne()
    defer { program.stop() }
    #expect(await Poll.until(.seconds(5)) { program.said.contains("curl") })
    let said = program.said
    for port in [ports.0, ports.1, ports.2] { #expect(said.contains(":\(port)")) }

    // The printed command, pasted into a shell.
    let command = try #require(Self.command(in: said))
    let text = try await Program.run(["-c", command], in: stand.folder, executable: "/bin/bash").output
    let start = try #require(text.firstIndex(of: "{"), "\(command)\n\(text)")
    let link = JSON(bytes: Array(text[start...].utf8))
    #expect(link["status"].string == "active", "\(command)\n\(text)")
    #expect(!link["amount_range"].isNull)

    let order = try #require(link["order_id"].string)
    _ = try await stand.pay(order: order, amount: "50000.00")
    let read = try await stand.call(.get, "/v1/payment-links/\(link["id"])", key: "sk_sandbox_demo").json
    #expect(read["status"].string == "completed")
    #expect(read["payment"]["amount"].int == 5_000_000)

    program.signal(SIGTERM)
    #expect(try await program.outcome(within: .seconds(30)).status == 0)
  }

  @Test("The gateway's clock follows the sandbox's: a link of an hour ends when an hour is put forward")
  func virtualClock() async throws {
    let stand = try Stand()
    let program = try await stand.startAllInOne()
    defer { program.stop() }
    let created = try await stand.call(
      .post, "/v1/payment-links", ["order_id": "V1", "amount": 100_000, "description": "an hour", "expires_in": 3600],
      key: "sk_sandbox_demo",
      idempotency: "v1")
    #expect(created.status == 201)
    try await stand.advanceSandbox("61m")
    let isExpired = await Poll.until(.seconds(10)) {
      (try? await stand.call(.get, "/v1/payment-links/\(created.json["id"])", key: "sk_sandbox_demo"))?.json["status"].string == "expired"
    }
    #expect(isExpired)
    #expect(try await Wire.send(.get, created.json["short_url"].string ?? "").status == 410)
  }

  @Test("serve --sandbox refuses to listen anywhere but on loopback")
  func loopbackOnly() async throws {
    let stand = try Stand()
    let outcome = try await Program.run(
      ["serve", "--sandbox"], in: stand.folder, environment: ["PAYLINK_LISTEN": "0.0.0.0:\(stand.gatewayPort)"])
    #expect(outcome.status == 78)
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  /// The printed curl command with its continued lines.
  static func command(in text: String) -> String? {
    var lines: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if lines.isEmpty {
        guard line.drop(while: { $0 == " " || $0 == "$" }).hasPrefix("curl") else { continue }
        lines.append(line.drop { $0 == " " || $0 == "$" })
      } else {
        lines.append(line)
      }
      if !line.hasSuffix("\\") { break }
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }
}
