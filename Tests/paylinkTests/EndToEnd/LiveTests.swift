import Foundation
import HTTPTypes
import Logging
import Payments
import Storage
import Testing

/// Live status over real processes and sockets: `?wait=`, and server-sent events.
@Suite struct EndToEndLiveTests {
  static let stream = ["Accept: text/event-stream"]

  static func token(_ link: JSON) -> String { link["client_token"].string ?? "?" }
  static func path(_ link: JSON) -> String { "/v1/payment-links/\(link["id"].string ?? "?")" }

  @Test("A wait is answered when the payer has paid, and one that has waited in vain when its time is over")
  func wait() async throws {
    let stand = try Stand()
    try await stand.start()
    let link = try await stand.createFixed(order: "L1")
    let sequence = try #require(link["sequence"].int)

    let start = ContinuousClock.now
    let same = try await stand.call(.get, "\(Self.path(link))?wait=300ms&since=\(sequence)")
    #expect(same.status == 200)
    #expect(same.json["sequence"].int == sequence)
    #expect(ContinuousClock.now - start >= .milliseconds(300))
    // What is past is told at once.
    #expect(try await stand.call(.get, "\(Self.path(link))?wait=60s&since=\(sequence - 1)").json["sequence"].int == sequence)

    let waiting = "\(Self.path(link))?wait=30s&since=\(sequence)&client_token=\(Self.token(link))"
    async let waited = stand.call(.get, waiting, key: nil)
    #expect(try await stand.pay(order: "L1", amount: "150000.00")["result"]["status"].string == "ok")
    let answer = try await waited
    #expect(answer.status == 200)
    #expect(answer.json["sequence"].int ?? 0 > sequence)
    #expect(answer.json["metadata"].isNull && answer.json["client_token"].isNull)
    #expect(answer.fields[.cacheControl] == "no-store")
    // The token is in nobody's log.
    #expect(stand.gateway?.log.contains(Self.token(link)) == false)
  }

  @Test("A stream tells what was and what comes, and goes on after a lost connection without loss or repeat")
  func stream() async throws {
    let stand = try Stand()
    try await stand.start()
    let link = try await stand.createFixed(order: "L2")
    let events = "\(Self.path(link))/events?client_token=\(Self.token(link))"
    do {
      let client = try LineClient(port: stand.gatewayPort)
      try client.get(events, fields: Self.stream)
      let text = try client.text { $0.contains("payment_link.active") }
      #expect(text.hasPrefix("HTTP/1.1 200 OK"))
      #expect(text.lowercased().contains("content-type: text/event-stream"))
      #expect(text.lowercased().contains("cache-control: no-store"))
      #expect(text.lowercased().contains("referrer-policy: no-referrer"))
      #expect(ServerSentEvents(text).events.map(\.id) == ["2"])
    }
    // Nobody listens while the payer pays.
    #expect(try await stand.pay(order: "L2", amount: "150000.00")["result"]["status"].string == "ok")
    let client = try LineClient(port: stand.gatewayPort)
    try client.get(events, fields: Self.stream + ["Last-Event-ID: 2"])
    let missed = ServerSentEvents(try client.text { $0.contains("payment_link.completed") })
    #expect(missed.types == ["payment.paid", "payment_link.completed"])
    #expect(missed.events.map(\.id) == missed.events.compactMap { $0.data["sequence"].int.map { "\($0)" } })
    #expect(missed.events.allSatisfy { $0.data["data"]["link"]["client_token"].isNull && $0.data["data"]["link"]["metadata"].isNull })

    // And live: the refund comes to the shop's stream that is open, and a client token is told nothing of it.
    let shop = try LineClient(port: stand.gatewayPort)
    try shop.get("\(Self.path(link))/events", fields: Self.stream + ["Authorization: Bearer \(Stand.key)"])
    _ = try shop.text { $0.contains("payment_link.completed") }
    let refund = try await stand.call(.post, "\(Self.path(link))/refunds", ["amount": 5_000_000], idempotency: "r1")
    #expect([201, 202].contains(refund.status))
    let live = ServerSentEvents(try shop.text(within: .seconds(30)) { $0.contains("refund.succeeded") })
    #expect(live.types == ["payment_link.active", "payment.paid", "payment_link.completed", "refund.succeeded"])
    let sequences = live.events.compactMap { Int($0.id) }
    #expect(sequences == sequences.sorted() && Set(sequences).count == 4)
    // A restart ends both streams: what the client was told is all there.
    try #require(stand.gateway).signal(SIGTERM)
    #expect(ServerSentEvents(try client.rest()).types == ["payment.paid", "payment_link.completed"])
  }

  @Test("What another process writes into the same books wakes readers too")
  func otherProcess() async throws {
    let stand = try Stand()
    try await stand.start()
    let link = try await stand.createFixed(order: "L3")
    let client = try LineClient(port: stand.gatewayPort)
    try client.get("\(Self.path(link))/events", fields: Self.stream + ["Authorization: Bearer \(Stand.key)", "Last-Event-ID: 2"])
    _ = try client.text { $0.contains("retry:") }
    let waiting = "\(Self.path(link))?wait=30s&since=2"
    async let waited = stand.call(.get, waiting)

    // This test is the other process. The lock is beside another file: only a second gateway must not have the books.
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let lock = try DatabaseLock(beside: stand.folder.appendingPathComponent("elsewhere").path)
    let store = try SQLiteStore.open(path: stand.folder.appendingPathComponent("paylink.db").path, lock: lock, logger: logger)
    try await store.perform(Canceling(merchant: try MerchantName("main"), link: try LinkID(link["id"].string ?? "")))
    await store.close()

    let answer = try await waited
    #expect(answer.json["status"].string == "canceled")
    #expect(answer.json["sequence"].int == 3)
    let told = ServerSentEvents(try client.text { $0.contains("payment_link.canceled") })
    #expect(told.events.map(\.id) == ["3"])
  }

  @Test("Thousands wait for one link: no thread is theirs, all are told, and one too many is refused")
  func thousands() async throws {
    let count = 2000
    let stand = try Stand(limits: ["waiting_readers: \(count + 1)"])
    try await stand.start()
    let link = try await stand.createFixed(order: "L4")
    let process = try #require(stand.gateway?.identifier)
    let before = try Self.threads(process)
    let clients = try (0..<count).map { index in
      let client = try LineClient(port: stand.gatewayPort)
      let authority = ["Authorization: Bearer \(Stand.key)"]
      // Half of them wait, half of them follow.
      if index % 2 == 0 {
        try client.get("\(Self.path(link))?wait=60s&since=2", fields: authority)
      } else {
        try client.get("\(Self.path(link))/events", fields: authority + Self.stream + ["Last-Event-ID: 2"])
      }
      return client
    }
    // The streams have begun; whoever waits is answered later.
    for index in stride(from: 1, to: count, by: 2) { _ = try clients[index].text { $0.contains("retry:") } }
    // One more takes the last place, and the next reader is refused: so the others all have theirs.
    let last = try LineClient(port: stand.gatewayPort)
    try last.get("\(Self.path(link))/events", fields: Self.stream + ["Authorization: Bearer \(Stand.key)"])
    _ = try last.text { $0.contains("retry:") }
    let isFull = try await Poll.until(.seconds(10)) {
      let refused = try await stand.call(.get, "\(Self.path(link))?wait=1ms&since=2")
      return refused.status == 503 && refused.fields[.retryAfter] != nil && refused.json["code"].string == "overloaded"
    }
    #expect(isFull)
    #expect(try Self.threads(process) - before < 12)
    // The others are served as ever.
    #expect(try await stand.read(link)["status"].string == "active")

    #expect(try await stand.pay(order: "L4", amount: "150000.00")["result"]["status"].string == "ok")
    for (index, client) in clients.enumerated() {
      if index % 2 == 0 {
        // The sequence grew with the payer's check already; whatever grew, it is told.
        let text = try client.text(within: .seconds(30)) { $0.contains("\"status\":") }
        #expect(text.hasPrefix("HTTP/1.1 200"))
        #expect(!text.contains("\"sequence\":2,"))
      } else {
        _ = try client.text(within: .seconds(30)) { $0.contains("payment_link.completed") }
      }
    }
    #expect(try Self.threads(process) - before < 12)
  }

  @Test("At SIGTERM waits are answered and streams end at once, and the gateway is gone long before its drain's end")
  func drain() async throws {
    let stand = try Stand(limits: ["drain_timeout: 25s"])
    try await stand.start()
    let link = try await stand.createFixed(order: "L5")
    let authority = ["Authorization: Bearer \(Stand.key)"]
    let (follower, waiter) = (try LineClient(port: stand.gatewayPort), try LineClient(port: stand.gatewayPort))
    try follower.get("\(Self.path(link))/events", fields: authority + Self.stream)
    try waiter.get("\(Self.path(link))?wait=60s", fields: authority)
    _ = try follower.text { $0.contains("payment_link.active") }
    // That the wait has begun shows in nothing but time; before it began it is answered all the same.
    try await Task.sleep(for: .milliseconds(200))
    let start = ContinuousClock.now
    let gateway = try #require(stand.gateway)
    gateway.signal(SIGTERM)
    #expect(try waiter.rest().hasPrefix("HTTP/1.1 200"))
    #expect(try follower.rest().hasSuffix("\r\n0\r\n\r\n"))
    let outcome = try await gateway.outcome(within: .seconds(20))
    #expect(outcome.status == 0)
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("What is wrong with a wait or a stream is said") func refused() async throws {
    let stand = try Stand()
    try await stand.start()
    let link = try await stand.createFixed(order: "L6")
    let path = Self.path(link)
    for query in [
      "wait=61s", "wait=2m", "wait=5", "wait=-1s", "wait=", "wait=1s&since=x", "wait=1s&since=-1", "since=1", "wait=1s&until=2",
    ] {
      #expect(try await stand.call(.get, "\(path)?\(query)").status == 422, "\(query)")
    }
    #expect(try await stand.call(.get, "\(path)?wait=1s&wait=2s").status == 400)
    let stream = ["Accept": "text/event-stream"]
    #expect(try await stand.call(.get, "\(path)/events", key: nil, fields: stream).status == 401)
    let other = try await stand.createFixed(order: "L7")
    #expect(try await stand.call(.get, "\(path)/events?client_token=\(Self.token(other))", key: nil, fields: stream).status == 404)
    #expect(try await stand.call(.get, "\(path)/events", fields: stream.merging(["Last-Event-ID": "x"]) { $1 }).status == 400)
  }

  static func threads(_ process: pid_t) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").count
  }

  private struct Canceling: UnitOfWork {
    let merchant: MerchantName
    let link: LinkID
    var scope: Scope { Scope(merchant: merchant, link: link) }

    func decide(_ snapshot: Snapshot) -> Decision<Void> {
      guard var link = snapshot.links.first else { return Decision(()) }
      link.status = .canceled
      link.sequence += 1
      var changes = Changes()
      changes.updated = [link]
      changes.events = [Event(kind: .linkCanceled, at: link.createdAt, merchant: merchant, link: link)]
      return Decision((), changes)
    }
  }
}
