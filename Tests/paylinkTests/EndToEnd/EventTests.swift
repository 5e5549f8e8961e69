import Foundation
import HTTPTypes
import Testing

/// Events reach the shop: gateway, sandbox and a receiver that verifies with Standard Webhooks' own package, all processes of their own.
@Suite struct EndToEndEventTests {
  private static let folder = FileManager.default.temporaryDirectory

  /// A stand whose gateway has endpoints on these ports.
  private func stand(_ endpoints: [(name: String, port: Int, more: [String])], limits: [String] = []) throws -> Stand {
    let folder = Self.folder.appendingPathComponent("paylink-secrets-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let lines = try endpoints.flatMap { try Receiver.settings($0.name, port: $0.port, folder: folder, more: $0.more) }
    return try Stand(limits: limits, settings: ["webhooks:"] + lines)
  }

  private func command(_ stand: Stand, _ arguments: String..., key: String = Stand.operatorKey) async throws -> Program.Outcome {
    try await Program.run(arguments, in: stand.folder, environment: ["PAYLINK_URL": stand.url, "PAYLINK_KEY": key])
  }

  @Test("A payment's events arrive in the feed's own bytes, and an independent library verifies them")
  func delivered() async throws {
    let ports = try FreePorts.take(2)
    let stand = try stand([("crm", ports[0], []), ("ends", ports[1], ["events: [payment_link.completed]"])])
    let (crm, ends) = (
      try await Receiver(in: stand.folder, port: ports[0]), try await Receiver(in: stand.folder, port: ports[1])
    )
    try await stand.start()
    let link = try await stand.createFixed(order: "E1", more: ["metadata": ["cart": "7 «ў» \"q\""]])
    _ = try await stand.pay(order: "E1", amount: "150000.00")
    #expect(await crm.arrived { $0.contains { $0.type == "payment_link.completed" } })
    #expect(await ends.arrived { !$0.isEmpty })
    let types = Set(crm.arrivals.map(\.type))
    #expect(types.isSuperset(of: ["payment_link.active", "payment.paid", "payment_link.completed"]))
    #expect(ends.arrivals.map(\.type) == ["payment_link.completed"])
    #expect(crm.arrivals.allSatisfy { $0.verified && $0.status == 204 && $0.signatures == 1 })

    let feed = try await stand.call(.get, "/v1/events?limit=100")
    let history = try await stand.call(.get, "/v1/payment-links/\(link["id"].string ?? "?")/events")
    for arrival in crm.arrivals {
      #expect(feed.text.contains(arrival.body))
      #expect(history.text.contains(arrival.body))
      #expect(arrival.json["id"].string == arrival.id)
      for secret in ["client_token", "short_url", link["client_token"].string ?? "?", link["short_url"].string ?? "?"] {
        #expect(!arrival.body.contains(secret))
      }
    }
    let ids = Set(feed.json["data"].list.compactMap { $0["id"].string })
    #expect(await crm.arrived { Set($0.map(\.id)) == ids })
    let sequences = feed.json["data"].list.compactMap { $0["sequence"].int }
    #expect(sequences == sequences.sorted())
    let listed = try await stand.call(.get, "/v1/deliveries?endpoint=ends").json["data"].list
    #expect(listed.map { $0["status"].string } == ["delivered"])
    #expect(listed.first?["attempts"][0]["http_status"].int == 204)
    let shown = try await command(stand, "events", "list")
    #expect(shown.output.contains("payment_link.completed") && shown.output.contains("E1 of main: completed"), "\(shown.errors)")
  }

  @Test("What fails is sent again with the same id and a new signature, when the endpoint asks for it")
  func again() async throws {
    let port = try FreePorts.take(1)[0]
    let stand = try stand([("crm", port, ["events: payment_link.active"])])
    let crm = try await Receiver(in: stand.folder, port: port, options: ["--answers", "500:7,204"])
    try await stand.start()
    _ = try await stand.createFixed(order: "R1")
    #expect(await crm.arrived { $0.count == 2 })
    let arrivals = crm.arrivals
    #expect(Set(arrivals.map(\.id)).count == 1)
    #expect(Set(arrivals.map(\.body)).count == 1)
    #expect(arrivals.allSatisfy { $0.verified })
    #expect(arrivals[1].at - arrivals[0].at >= 7)
    #expect(arrivals[1].timestamp >= arrivals[0].timestamp + 7)
    let isDelivered = try await Poll.until(.seconds(5)) {
      try await stand.call(.get, "/v1/deliveries").json["data"][0]["status"].string == "delivered"
    }
    #expect(isDelivered)
    let delivery = try await stand.call(.get, "/v1/deliveries").json["data"][0]
    #expect(delivery["attempts"].list.map { $0["http_status"].int } == [500, 204])
    // Sent once more by hand, with the same id.
    let replayed = try await command(stand, "events", "replay", arrivals[0].id)
    #expect(replayed.status == 0 && replayed.output.contains("queued for crm"), "\(replayed.errors)")
    #expect(await crm.arrived { $0.count == 3 && $0[2].id == arrivals[0].id })
    let all = try await command(stand, "events", "replay", "--since", "2020-01-01T00:00:00Z")
    #expect(all.output.contains("1 event") || all.output.contains("events"), "\(all.output)\(all.errors)")
    #expect(await crm.arrived { $0.count >= 4 })
    #expect(try await command(stand, "events", "replay", arrivals[0].id, key: Stand.readOnlyKey).status == 1)
    #expect(try await stand.call(.post, "/v1/events/\(arrivals[0].id)/replay", key: Stand.readOnlyKey).status == 403)
  }

  @Test("A slow endpoint holds up no other, and one that is gone is told of nothing until it is enabled")
  func apart() async throws {
    let ports = try FreePorts.take(3)
    let stand = try stand([("slow", ports[0], []), ("quick", ports[1], []), ("gone", ports[2], ["events: payment_link.active"])])
    let slow = try await Receiver(in: stand.folder, port: ports[0], options: ["--delay", "12"])
    let quick = try await Receiver(in: stand.folder, port: ports[1])
    let gone = try await Receiver(in: stand.folder, port: ports[2], options: ["--answers", "410"])
    try await stand.start()
    for number in 1...3 { _ = try await stand.createFixed(order: "S\(number)") }
    #expect(await quick.arrived(.seconds(5)) { $0.count == 3 })
    #expect(await slow.arrived { !$0.isEmpty })
    #expect(await gone.arrived { !$0.isEmpty })
    let isDisabled = try await Poll.until(.seconds(5)) {
      try await stand.call(.get, "/v1/endpoints").json["data"].list.contains {
        $0["name"].string == "gone" && $0["status"].string == "disabled"
      }
    }
    #expect(isDisabled)
    let before = gone.arrivals.count
    _ = try await stand.createFixed(order: "S4")
    #expect(await quick.arrived(.seconds(5)) { $0.count == 4 })
    #expect(gone.arrivals.count == before)
    let shown = try await command(stand, "events", "endpoints")
    #expect(shown.output.contains("gone  disabled since"), "\(shown.output)\(shown.errors)")
    #expect(try await command(stand, "events", "enable", "gone").status == 0)
    #expect(
      await gone.arrived { Set($0.filter { $0.status == 204 }.map { $0.json["data"]["link"]["order_id"].string ?? "" }).contains("S4") })
  }

  @Test("Nothing is lost when the gateway is killed in the middle of a delivery")
  func killed() async throws {
    let port = try FreePorts.take(1)[0]
    let stand = try stand([("crm", port, ["events: payment_link.active"])], limits: ["webhook_connect_timeout: 1s", "webhook_timeout: 2s"])
    try await stand.start()
    var receiver = try await Receiver(in: stand.folder, port: port, options: ["--delay", "30"])
    _ = try await stand.createFixed(order: "K1")
    #expect(await receiver.arrived { !$0.isEmpty })
    let id = receiver.arrivals[0].id
    stand.killGateway()
    receiver.stop()
    receiver = try await Receiver(in: stand.folder, port: port)
    try await stand.startGateway()
    #expect(await receiver.arrived(.seconds(30)) { $0.contains { $0.id == id && $0.verified } })
  }

  @Test("A drain waits for the try that is under way and begins no other; what is left goes out after the next start")
  func drained() async throws {
    let port = try FreePorts.take(1)[0]
    let stand = try stand([("crm", port, ["events: payment_link.active"])])
    try await stand.start()
    var receiver = try await Receiver(in: stand.folder, port: port, options: ["--delay", "2", "--answers", "500,500,500"])
    for number in 1...3 { _ = try await stand.createFixed(order: "D\(number)") }
    #expect(await receiver.arrived { !$0.isEmpty })
    let gateway = try #require(stand.gateway)
    gateway.signal(SIGTERM)
    #expect(try await gateway.outcome(within: .seconds(20)).status == 0)
    let ids = Set(receiver.arrivals.map(\.id))
    #expect(!gateway.log.contains("scheduled work failed"))
    receiver.stop()
    receiver = try await Receiver(in: stand.folder, port: port)
    try await stand.startGateway()
    #expect(await receiver.arrived(.seconds(30)) { Set($0.map(\.id)).isSuperset(of: ids) && Set($0.map(\.id)).count == 3 })
  }

  @Test("While secrets change both sign, so that a receiver with either verifies")
  func rotation() async throws {
    let ports = try FreePorts.take(2)
    let folder = Self.folder.appendingPathComponent("paylink-rotation-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let old = folder.appendingPathComponent("old").path
    try Receiver.otherSecret.write(toFile: old, atomically: true, encoding: .utf8)
    let more = ["previous_secret_file: \(old)", "events: payment_link.active"]
    let stand = try stand([("new", ports[0], more), ("old", ports[1], more)])
    let new = try await Receiver(in: stand.folder, port: ports[0])
    let previous = try await Receiver(in: stand.folder, port: ports[1], secret: Receiver.otherSecret)
    try await stand.start()
    _ = try await stand.createFixed(order: "T1")
    for receiver in [new, previous] {
      #expect(await receiver.arrived { $0.count == 1 && $0[0].verified && $0[0].signatures == 2 })
    }
  }

  @Test("An address that is not public is not called, unless allow_private says so")
  func privateAddress() async throws {
    let port = try FreePorts.take(1)[0]
    let folder = Self.folder.appendingPathComponent("paylink-private-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let lines = try Receiver.settings("crm", port: port, folder: folder).map {
      $0.replacing("http://", with: "https://").replacing("allow_private: true", with: "allow_private: false")
    }
    let stand = try Stand(settings: ["webhooks:"] + lines)
    try await stand.start()
    _ = try await stand.createFixed(order: "P1")
    let isRefused = try await Poll.until(.seconds(10)) {
      try await stand.call(.get, "/v1/deliveries").json["data"][0]["attempts"][0]["failure"].string == "address_refused"
    }
    #expect(isRefused)
    #expect(stand.gateway?.log.contains("key=1") == false)
  }

  @Test("certify passes a receiver that is right and tells what is wrong with others")
  func certify() async throws {
    let ports = try FreePorts.take(4)
    let folder = Self.folder.appendingPathComponent("paylink-certify-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("whsec").path
    try Receiver.secret.write(toFile: file, atomically: true, encoding: .utf8)
    func certify(_ port: Int, _ manner: String) async throws -> (status: Int32, failed: [String], output: String) {
      let receiver = try await Receiver(in: folder, port: port, options: ["--manner", manner])
      defer { receiver.stop() }
      let outcome = try await Program.run(["certify", receiver.url, "--secret-file", file, "--allow-private", "--json"], in: folder)
      let probes = JSON(bytes: Array(outcome.output.utf8))["probes"].list
      #expect(probes.count == 20, "\(outcome.errors)")
      return (outcome.status, probes.filter { $0["passed"].bool == false }.compactMap { $0["probe"].string }, outcome.output)
    }
    let good = try await certify(ports[0], "good")
    #expect(good.status == 0 && good.failed.isEmpty, "\(good.output)")
    let trusting = try await certify(ports[1], "trusting")
    #expect(trusting.status == 1)
    #expect(
      trusting.failed == [
        "signed ten minutes ago", "signed in ten minutes", "forged", "altered body", "another id", "another timestamp", "unsigned",
        "unknown version of signature",
      ])
    let strict = try await certify(ports[2], "strict")
    #expect(
      strict.failed == [
        "the same again", "the same in a later try", "the same four times at once", "out of order", "unknown type",
      ])
    let hasty = try await certify(ports[3], "parsing")
    #expect(hasty.failed.contains("body in slow pieces"))
    #expect(!good.output.contains("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
  }

  @Test("events test sends a signed sample to a URL or the configured endpoints and says what came back")
  func sample() async throws {
    let ports = try FreePorts.take(2)
    let stand = try stand([("crm", ports[0], []), ("down", ports[1], [])])
    let crm = try await Receiver(in: stand.folder, port: ports[0])
    let config = stand.folder.appendingPathComponent("paylink.yaml").path
    let both = try await command(stand, "events", "test", "--config", config)
    #expect(both.status == 1)
    #expect(both.output.contains("crm  evt_") && both.output.contains("answered 204"), "\(both.output)\(both.errors)")
    #expect(both.output.contains("nobody listens there"))
    let file = stand.folder.appendingPathComponent("receiver-\(ports[0]).secret").path
    let one = try await command(stand, "events", "test", crm.url, "--secret-file", file, "--allow-private", "--type", "payment.paid")
    #expect(one.status == 0, "\(one.errors)")
    #expect(crm.arrivals.map(\.type) == ["payment_link.completed", "payment.paid"])
    #expect(crm.arrivals.allSatisfy { $0.verified })
    // The query of an address may be a key of the shop's.
    #expect(!one.output.contains("key=1"))
    #expect(try await command(stand, "events", "test", crm.url, "--secret-file", file).status == 64)
  }
}
