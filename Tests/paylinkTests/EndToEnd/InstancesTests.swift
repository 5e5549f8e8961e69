import Foundation
import HTTPTypes
import PostgresTesting
import Testing

/// Several gateways on one PostgreSQL, as real processes.
@Suite(.serialized) struct EndToEndInstancesTests {
  @Test("On PostgreSQL: created, paid, refunded, and all of it told to the shop")
  func journey() async throws {
    let pair = try await Pair()
    let link = try await pair.one.createFixed(order: "J1")
    let paid = try await pair.one.pay(order: "J1", amount: "150000.00")
    #expect(paid["check"]["status"].string == "ok" && paid["result"]["status"].string == "ok")
    // Whoever is asked, it is the same link.
    let read = try await pair.other.read(link)
    #expect(read["status"].string == "completed" && read["payment"]["status"].string == "paid")
    let refund = try await pair.other.operate("refunds", link, ["amount": 5_000_000])
    #expect([201, 202].contains(refund.status), "\(refund)")
    #expect(try await pair.one.ended(refund.json)["status"].string == "succeeded")
    let types: Set = ["payment_link.active", "payment.paid", "payment_link.completed", "refund.succeeded"]
    #expect(await pair.receiver.arrived { Set($0.map(\.type)).isSuperset(of: types) && $0.allSatisfy(\.verified) })
    #expect(try await pair.one.acquirersPayment(order: "J1")["refunded"].string == "50000")
  }

  @Test("One idempotency key at both at once makes one link, one page, and one answer from then on")
  func oneKey() async throws {
    let pair = try await Pair()
    for number in 0..<5 {
      let (order, key) = ("K\(number)", "key-\(number)")
      let stands = [pair.one, pair.other]
      let answers = try await withThrowingTaskGroup(of: Wire.Answer.self) { group in
        for index in 0..<6 {
          let stand = stands[index % 2]
          group.addTask { try await stand.create(["order_id": order, "amount": 1_000_000, "description": "d"], idempotency: key) }
        }
        return try await group.reduce(into: [Wire.Answer]()) { $0.append($1) }
      }
      #expect(answers.allSatisfy { [200, 201, 202, 409].contains($0.status) }, "\(answers)")
      #expect(answers.count { $0.status == 201 } == 1)
      let made = answers.first { $0.status == 201 }?.json["id"].string
      for stand in stands {
        let replay = try await stand.create(["order_id": order, "amount": 1_000_000, "description": "d"], idempotency: key)
        #expect(replay.status == 200 && replay.json["id"].string == made, "\(replay)")
        let changed = try await stand.create(["order_id": order, "amount": 2_000_000, "description": "d"], idempotency: key)
        #expect(changed.status == 422)
      }
      #expect(try await pair.one.acquirersPayments(order: order).count == 1)
    }
  }

  @Test("The whole amount asked back at both at once is given back once")
  func wholeRefund() async throws {
    let pair = try await Pair(limits: ["ask_every: 500ms"])
    let (one, other) = (pair.one, pair.other)
    for number in 0..<4 {
      let order = "W\(number)"
      let id = try await pair.one.createFixed(order: order)["id"].string ?? "?"
      _ = try await pair.one.pay(order: order, amount: "150000.00")
      async let here = one.refund(id, 15_000_000)
      async let there = other.refund(id, 15_000_000)
      let answers = try await [here, there]
      let taken = answers.filter { [201, 202].contains($0.status) }
      #expect(taken.count == 1, "\(answers)")
      #expect(answers.count { [409, 422].contains($0.status) } == 1, "\(answers)")
      for answer in taken { #expect(try await pair.other.ended(answer.json)["status"].string == "succeeded") }
      let acquirer = try await pair.one.acquirersPayment(order: order)
      #expect(acquirer["refunded"].string == "150000")
      #expect(acquirer["operations"].list.count == 1)
    }
    #expect(try await pair.one.acquirersRequests(path: "/g2g/refund") == 4)
  }

  @Test("One result at both at once settles once and is answered the same; who waits at the other is told at once")
  func oneResult() async throws {
    let pair = try await Pair()
    try await pair.areHearing()
    let (one, other) = (pair.one, pair.other)
    for number in 0..<4 {
      let order = "C\(number)"
      let link = try await pair.one.createFixed(order: order)
      let payment = try await pair.one.acquirersPayments(order: order).first?["pg_payment_id"].int ?? 0
      let path = "/v1/payment-links/\(link["id"])?wait=20s&since=\(link["sequence"])"
      let waiting = Task { [stand = number % 2 == 0 ? pair.one : pair.other] in
        let answer = try await stand.call(.get, path)
        return (answer.status, answer.json["sequence"].int ?? 0, ContinuousClock.now)
      }
      // The new wait's own look, within 200 ms, is over: what comes now is told, or is found two seconds later.
      try await Task.sleep(for: .milliseconds(500))
      let callback = Callback.result(order: order, payment: payment, amount: "150000.00")
      let told = ContinuousClock.now
      let answers: [Wire.Answer]
      if number < 2 {
        // Settled by the one where nobody waits.
        answers = [try await callback.send(to: number == 0 ? pair.other : pair.one)]
      } else {
        async let here = callback.send(to: one)
        async let there = callback.send(to: other)
        answers = try await [here, there]
      }
      #expect(answers.allSatisfy { $0.status == 200 && Callback.isSigned($0.text, script: "result") })
      #expect(Set(answers.map { Callback.answer($0.text)["pg_status"] ?? "?" }) == ["ok"])
      let (status, sequence, heard) = try await waiting.value
      #expect(status == 200 && sequence > link["sequence"].int ?? 0)
      print("a wait at one gateway was answered \(heard - told) after the result was sent to the other")
      #expect(heard - told < .milliseconds(1500))
      let events = try await pair.other.call(.get, "/v1/payment-links/\(link["id"])/events").json["data"].list
      #expect(events.count { $0["type"].string == "payment.paid" } == 1)
      #expect(events.count { $0["type"].string == "payment_link.completed" } == 1)
    }
  }
}
