import Foundation
import HTTPTypes
import Testing

/// Two gateways on one PostgreSQL, of which now one and now the other is killed with -9 in the middle of its work, or sleeps through its lease. Afterwards the books of
/// the shop, of the gateways and of the acquirer are equal.
@Suite(.serialized) struct EndToEndKilledInstanceTests {
  private static let limits = [
    "work_lease: 2s", "ask_every: 500ms", "acquirer_timeout: 4s", "in_progress_margin: 1s", "reopen_after: 1s",
    "webhook_connect_timeout: 1s",
    "webhook_timeout: 10s",
  ]

  @Test("Whatever one of two was at when it was killed, the other goes on within seconds, and no money moves twice")
  func killed() async throws {
    let pair = try await Pair(limits: Self.limits, receiverOptions: ["--delay", "1"])
    pair.tell("A is \(pair.one.instance ?? "?"), B is \(pair.other.instance ?? "?")")
    try await duringCreates(pair)
    try await duringPayments(pair)
    try await duringRefunds(pair)
    try await duringASleep(pair)
    try await duringALook(pair)
    try await duringDeliveries(pair)
    try await equal(pair)
    for line in pair.story { print(line) }
  }

  private func kill(_ stand: Stand, _ pair: Pair, _ moment: String) {
    pair.tell("\(name(stand, pair)) (\(stand.instance ?? "?")) is killed: \(moment)")
    stand.gateway?.signal(SIGKILL)
    stand.killGateway()
  }

  private func name(_ stand: Stand, _ pair: Pair) -> String { stand === pair.one ? "A" : "B" }

  private func restart(_ stand: Stand, _ pair: Pair) async throws {
    let before = stand.instance
    try await stand.startGateway()
    // It is ready before it has written that it is.
    let isNamed = await Poll.until(.seconds(5)) { stand.instance != before }
    try #require(isNamed)
    pair.tell("\(name(stand, pair)) is started again, as \(stand.instance ?? "?")")
  }

  private let creates = (1...5).map { "C\($0)" }

  /// A is killed while the acquirer has its page calls and has not answered; each create is repeated at B with its key.
  private func duringCreates(_ pair: Pair) async throws {
    try await pair.one.faults([["on": "payment_page", "fault": "timeout_after_accept", "times": 5, "delay_ms": 20_000]])
    let one = pair.one
    let creating = creates.map { order in Task { try? await one.create(Self.body(order), idempotency: "create-\(order)") } }
    let orders = creates
    let areAccepted = await Poll.until(.seconds(10)) {
      for order in orders where (try? await one.acquirersPayments(order: order))?.count != 1 { return false }
      return true
    }
    #expect(areAccepted)
    kill(pair.one, pair, "five creates have their pages at the acquirer, and no answer")
    for task in creating { _ = await task.value }
    for order in creates {
      let isMade = try await Poll.until(.seconds(30)) {
        let answer = try await pair.other.create(Self.body(order), idempotency: "create-\(order)")
        return answer.status == 200 && answer.json["status"].string == "active"
      }
      #expect(isMade, "\(order): \(pair.other.gateway?.log.suffix(3000) ?? "")")
      #expect(try await pair.other.acquirersPayments(order: order).count == 1)
    }
    pair.tell("B has recovered the five links, with the acquirer's first five pages")
    try await restart(pair.one, pair)
  }

  /// B stops while payers pay, so that it has calls of the acquirer which it does not answer, and is killed: they go to A.
  private func duringPayments(_ pair: Pair) async throws {
    let one = pair.one
    pair.other.gateway?.signal(SIGSTOP)
    let paying = creates.map { order in Task { (try? await one.pay(order: order, amount: "150000.00"))?["result"]["status"].string } }
    // The balancer goes round: when A has answered, B has its share.
    #expect(await Poll.until(.seconds(10)) { one.gateway?.log.contains("/callbacks/{merchant}/check") == true })
    kill(pair.other, pair, "five payers pay, and it has calls of the acquirer that it did not answer")
    var answered = 0
    for task in paying where await task.value == "ok" { answered += 1 }
    #expect(answered == 5)
    pair.tell("A has answered what B did not: \(answered) of 5 results ok")
    try await restart(pair.other, pair)
    for order in creates {
      let isPaid = await Poll.until(.seconds(30)) { (try? await Self.listed(order, one))?["status"].string == "completed" }
      #expect(isPaid, "\(order)")
    }
  }

  /// A is killed with two refunds sent and not answered, and a third that still asks for its baseline.
  private func duringRefunds(_ pair: Pair) async throws {
    let one = pair.one
    var ids: [String] = []
    for order in creates.prefix(3) { ids.append(try await Self.listed(order, one)["id"].string ?? "?") }
    let refunded = ids
    try await one.faults([["on": "refund", "fault": "timeout_after_accept", "times": 2, "delay_ms": 20_000]])
    let sent = refunded.prefix(2).map { id in Task { try? await one.refund(id, 5_000_000, idempotency: "refund-\(id)") } }
    #expect(await Poll.until(.seconds(10)) { (try? await one.acquirersRequests(path: "/g2g/refund")) == 2 })
    try await one.faults([["on": "status", "fault": "delay", "times": 1, "delay_ms": 3_000]])
    let asking = Task { try? await one.refund(refunded[2], 5_000_000, idempotency: "refund-\(refunded[2])") }
    let isStored = try await Poll.until(.seconds(5)) {
      try await pair.ask("SELECT count(*) FROM operation WHERE status = 'requested' AND link = '\(refunded[2])'") == ["1"]
    }
    #expect(isStored)
    kill(pair.one, pair, "two refunds are sent and not answered, a third is stored and not sent")
    for task in sent { _ = await task.value }
    _ = await asking.value
    for id in refunded {
      let isDone = try await Poll.until(.seconds(30)) {
        try await pair.other.refund(id, 5_000_000, idempotency: "refund-\(id)").json["status"].string == "succeeded"
      }
      #expect(isDone, "\(pair.other.gateway?.log.suffix(3000) ?? "")")
    }
    #expect(try await pair.other.acquirersRequests(path: "/g2g/refund") == 3)
    pair.tell("B has found the end of the two by asking, and has sent the third itself")
    try await restart(pair.one, pair)
  }

  /// A sleeps from its refund's baseline on, longer than its lease; B sends the refund; A wakes up and finds that it is not its to send any more.
  private func duringASleep(_ pair: Pair) async throws {
    let one = pair.one
    let id = try await Self.listed(creates[4], pair.other)["id"].string ?? "?"
    try await pair.other.faults([["on": "status", "fault": "delay", "times": 1, "delay_ms": 3_000]])
    let asked = try await one.acquirersRequests(path: "/g2g/status_v2")
    let refunding = Task { (try? await one.refund(id, 5_000_000, idempotency: "sleep-\(id)"))?.json["amount"].int }
    #expect(await Poll.until(.seconds(5)) { (try? await one.acquirersRequests(path: "/g2g/status_v2")) ?? 0 > asked })
    one.gateway?.signal(SIGSTOP)
    pair.tell("A (\(one.instance ?? "?")) falls asleep: its refund is stored and not sent, and it waits for the baseline")
    let isDone = try await Poll.until(.seconds(30)) {
      try await pair.ask("SELECT status FROM operation WHERE link = '\(id)'") == ["succeeded"]
    }
    #expect(isDone)
    pair.tell("B (\(pair.other.instance ?? "?")) has sent the refund")
    let before = try await pair.other.acquirersRequests(path: "/g2g/refund")
    one.gateway?.signal(SIGCONT)
    #expect(await refunding.value == 5_000_000)
    #expect(try await pair.other.acquirersRequests(path: "/g2g/refund") == before)
    pair.tell("A has woken up and answered its caller; the acquirer got the refund once")
  }

  /// Whoever has a look's lease is killed while the acquirer is slow to answer; the other takes the look over when the lease lapses.
  private func duringALook(_ pair: Pair) async throws {
    let id = try await Self.listed(creates[3], pair.one)["id"].string ?? "?"
    // Refused with a 500, so that nobody knows: it is asked about after 5 s, and the answer takes its time.
    try await pair.one.faults([["on": "refund", "fault": "http_500", "times": 1]])
    let unknown = try await pair.one.refund(id, 5_000_000, idempotency: "look-\(id)")
    #expect(unknown.status == 202, "\(unknown)")
    try await pair.one.faults([["on": "status", "fault": "delay", "times": 50, "delay_ms": 2_500]])
    var holder = ""
    let isHeld = try await Poll.until(.seconds(20)) {
      holder = try await pair.ask("SELECT holder FROM lease WHERE work = 'look main' AND item = '\(id)'").first ?? ""
      return !holder.isEmpty
    }
    try #require(isHeld)
    let (dead, living) = pair.one.instance == holder ? (pair.one, pair.other) : (pair.other, pair.one)
    let before = living.lines.count
    kill(dead, pair, "it has the lease of a look, and waits for the acquirer")
    let killed = ContinuousClock.now
    let isTakenOver = await Poll.until(.seconds(20)) {
      living.lines.dropFirst(before).contains { $0["message"].string == "look taken over" && $0["from"].string == holder }
    }
    #expect(isTakenOver, "\(living.gateway?.log.suffix(3000) ?? "")")
    pair.tell(
      "\(name(living, pair)) (\(living.instance ?? "?")) took the look over from \(holder), \(Self.tenths(killed)) s after the kill")
    #expect(ContinuousClock.now - killed < .seconds(10))
    try await living.faults([])
    try await restart(dead, pair)
  }

  /// Whoever has deliveries under way is killed; the other sends them again, with the same ids.
  private func duringDeliveries(_ pair: Pair) async throws {
    for number in 1...4 { _ = try await pair.one.createFixed(order: "D\(number)") }
    var holder = ""
    let isHeld = try await Poll.until(.seconds(20)) {
      holder = try await pair.ask("SELECT taken_by FROM delivery WHERE taken_by IS NOT NULL AND status = 'waiting' LIMIT 1").first ?? ""
      return !holder.isEmpty
    }
    try #require(isHeld)
    let (dead, living) = pair.one.instance == holder ? (pair.one, pair.other) : (pair.other, pair.one)
    kill(dead, pair, "it has deliveries under way")
    let killed = ContinuousClock.now
    let isTakenOver = await Poll.until(.seconds(20)) {
      living.lines.contains { $0["message"].string == "delivery taken over" && $0["from"].string == holder }
    }
    #expect(isTakenOver, "\(living.gateway?.log.suffix(3000) ?? "")")
    let count = living.lines.count { $0["message"].string == "delivery taken over" && $0["from"].string == holder }
    pair.tell(
      "\(name(living, pair)) (\(living.instance ?? "?")) took over \(count) deliveries from \(holder), \(Self.tenths(killed)) s after the kill"
    )
    #expect(ContinuousClock.now - killed < .seconds(10))
    let metrics = try await Wire.send(.get, living.operations + "/metrics").text
    #expect(metrics.contains("paylink_leases_taken_over_total{work=\"deliver\"}"))
    try await restart(dead, pair)
  }

  /// The shop's books, made of the events that it got; the gateways', read at both; and the acquirer's.
  private func equal(_ pair: Pair) async throws {
    // Everything that happened has arrived, each with the id of the feed.
    var feed: [JSON] = []
    let hasArrived = try await Poll.until(.seconds(30)) {
      feed = try await pair.one.call(.get, "/v1/events?limit=100").json["data"].list
      return Set(pair.receiver.arrivals.map(\.id)) == Set(feed.compactMap { $0["id"].string })
    }
    #expect(hasArrived)
    let arrivals = pair.receiver.arrivals
    #expect(arrivals.allSatisfy { $0.verified })
    let bodies = Dictionary(grouping: arrivals, by: \.id).mapValues { Set($0.map(\.body)) }
    #expect(bodies.values.allSatisfy { $0.count == 1 })
    var shop: [String: JSON] = [:]
    for event in arrivals.map(\.json).sorted(by: { ($0["sequence"].int ?? 0) < ($1["sequence"].int ?? 0) }) {
      shop[event["data"]["link"]["order_id"].string ?? "?"] = event["data"]["link"]
    }
    for order in creates {
      let acquirer = try await pair.one.acquirersPayment(order: order)
      #expect(try await pair.one.acquirersPayments(order: order).count == 1)
      for stand in [pair.one, pair.other] {
        let link = try await Self.listed(order, stand)
        let payment = link["payment"]
        #expect(payment["id"].int == acquirer["pg_payment_id"].int)
        #expect(payment["captured"].int == Self.units(acquirer["captured"]), "\(order)")
        #expect(payment["refunded"].int == Self.units(acquirer["refunded"]), "\(order)")
        for field in ["captured", "refunded"] {
          #expect(shop[order]?["payment"][field].int == payment[field].int, "\(order) \(field)")
        }
        let done = link["refunds"].list.count { $0["status"].string == "succeeded" }
        #expect(
          done == acquirer["operations"].list.count { $0["status"].string == "success" || $0["kind"].string == "refund" }, "\(acquirer)")
      }
    }
    let paid = feed.count { $0["type"].string == "payment.paid" }
    #expect(paid == creates.count)
    // Four done, and one that the acquirer threw away: five were sent, each once.
    #expect(try await pair.one.acquirersRequests(path: "/g2g/refund") == 5)
    let twice = arrivals.count - Set(arrivals.map(\.id)).count
    pair.tell("books equal: \(paid) payments of 150000.00, 4 refunds of 50000.00, \(feed.count) events arrived, \(twice) of them twice")
  }

  private static func body(_ order: String) -> [String: Any] { ["order_id": order, "amount": 15_000_000, "description": "Order \(order)"] }

  private static func listed(_ order: String, _ stand: Stand) async throws -> JSON {
    try await stand.call(.get, "/v1/payment-links?order_id=\(order)").json["data"][0]
  }

  /// Of the acquirer's decimal text.
  private static func units(_ text: JSON) -> Int64? { text.string.flatMap { Double($0) }.map { Int64(($0 * 100).rounded()) } }

  private static func tenths(_ since: ContinuousClock.Instant) -> String {
    let time = (ContinuousClock.now - since).components
    return "\(time.seconds).\(time.attoseconds / 100_000_000_000_000_000)"
  }
}
