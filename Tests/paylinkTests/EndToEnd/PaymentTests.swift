import Foundation
import HTTPTypes
import QRCode
import Testing

/// A shop's order becomes a link and the link gets paid: two processes, real sockets, a real file.
@Suite struct EndToEndPaymentTests {
  @Test("A fixed amount: create, pay, and the shop reads paid", arguments: ["gateway", "merchant"])
  func fixedAmount(api: String) async throws {
    let stand = try Stand(api: api)
    try await stand.start()
    let link = try await stand.createFixed(
      order: "F1", more: ["metadata": ["cart": "7"], "success_url": "https://shop.example/thanks?x=1#top"])
    #expect(link["status"].string == "active")
    #expect(link["sequence"].int == 2)
    #expect(link["url"].string?.hasPrefix(stand.acquirer) == true)
    #expect(link["short_url"].string?.hasPrefix(stand.url + "/p/") == true)

    let paid = try await stand.pay(order: "F1", amount: "150000.00")
    #expect(paid["check"]["status"].string == "ok")
    #expect(paid["check"]["signed"].bool == true)
    #expect(paid["result"]["status"].string == "ok")
    #expect(paid["result"]["signed"].bool == true)

    let read = try await stand.read(link)
    #expect(read["status"].string == "completed")
    #expect(read["payment"]["status"].string == "paid")
    #expect(read["payment"]["amount"].int == 15_000_000)
    #expect(read["payment"]["captured"].int == 15_000_000)
    #expect(read["payment"]["card"]["pan"].string?.contains("XX") == true)
    #expect(read["metadata"]["cart"].string == "7")
    #expect(read["payment"]["flags"].list.isEmpty)

    // The payer comes back to the shop's address with our two names added, the shop's query and fragment kept.
    let back = try #require(paid["redirect"].string)
    let returned = try await Wire.send(.get, back)
    #expect(returned.status == 303)
    let location = try #require(returned.fields[.location])
    #expect(location.hasPrefix("https://shop.example/thanks?x=1&"))
    #expect(location.hasSuffix("#top"))
    #expect(location.contains("payment_link_id=\(link["id"].string ?? "?")") && location.contains("order_id=F1"))
  }

  @Test("The acquirer's own QR picture is passed on where it was asked for, and shows the page")
  func picture() async throws {
    let stand = try Stand()
    try await stand.start()
    let link = try await stand.createFixed(order: "Q1", more: ["qr": true])
    let picture = try #require(link["qr"].string)
    let bytes = [UInt8](try #require(Data(base64Encoded: String(picture.dropFirst("data:image/png;base64,".count)))))
    #expect(QRPicture.text(png: bytes) == link["url"].string)
    #expect(try await stand.createFixed(order: "Q2")["qr"].isNull)
    // Our own pictures show the short address, which outlives the page.
    let own = try await stand.call(.get, "/v1/payment-links/\(link["id"].string ?? "?")/qr.png")
    #expect(QRPicture.text(png: own.body) == link["short_url"].string)
  }

  struct Choice: Sendable {
    let amount: String
    let units: Int64?
  }

  @Test("Amount control: the payer chooses inside and at the bounds, never outside", arguments: ["gateway", "merchant"])
  func amountControl(api: String) async throws {
    let stand = try Stand(api: api)
    try await stand.start()
    let choices = [
      Choice(amount: "10000", units: 1_000_000), Choice(amount: "50000.50", units: 5_000_050),
      Choice(amount: "500000.00", units: 50_000_000),
      Choice(amount: "9999.99", units: nil), Choice(amount: "500000.01", units: nil),
    ]
    for (index, choice) in choices.enumerated() {
      let link = try await stand.createOpen(order: "C\(index)")
      let outcome = try? await stand.pay(order: "C\(index)", amount: choice.amount)
      let read = try await stand.read(link)
      if let units = choice.units {
        #expect(outcome?["status"].string == "success")
        #expect(read["status"].string == "completed")
        #expect(read["payment"]["amount"].int == units)
      } else {
        #expect(outcome?["status"].string != "success")
        #expect(read["status"].string == "active")
      }
    }
  }

  @Test("A result with an amount outside the bounds is stored, flagged and left for a person; who accepts it completes the link")
  func outsideTheBounds() async throws {
    let stand = try Stand()
    try await stand.start()
    let link = try await stand.createOpen(order: "O1")
    let number = try #require(try await stand.acquirersPayments(order: "O1").first?["pg_payment_id"].int)
    let answer = try await Callback.result(order: "O1", payment: number, amount: "500000.01").send(to: stand)
    #expect(answer.status == 200)
    #expect(Callback.answer(answer.text)["pg_status"] == "ok")
    let read = try await stand.read(link)
    #expect(read["status"].string == "review")
    #expect(read["payment"]["flags"].list.compactMap(\.string) == ["out_of_interval"])
    let accepted = try await stand.call(.post, "/v1/payment-links/\(link["id"])/accept", [:], idempotency: "accept-1")
    #expect(accepted.status == 200)
    #expect(accepted.json["status"].string == "completed")
  }

  @Test("A declined card fails the payment, says why, and leaves the link open for another try")
  func declined() async throws {
    let stand = try Stand()
    try await stand.start()
    let link = try await stand.createFixed(order: "D1")
    let declined = try await stand.pay(order: "D1", amount: "150000.00", card: "4400444400004443")
    #expect(declined["status"].string != "success")
    let read = try await stand.read(link)
    #expect(read["status"].string == "active")
    #expect(read["payment"]["status"].string == "failed")
    #expect(read["payment"]["failure"]["code"].string == "10009")
    _ = try await stand.pay(order: "D1", amount: "150000.00")
    #expect(try await stand.read(link)["status"].string == "completed")
  }

  @Test("A canceled link refuses the check, and its payer pays nothing")
  func checkRefused() async throws {
    let stand = try Stand()
    try await stand.start()
    let link = try await stand.createFixed(order: "R1")
    let canceled = try await stand.call(.post, "/v1/payment-links/\(link["id"])/cancel", [:], idempotency: "cancel-1")
    #expect(canceled.status == 200)
    #expect(canceled.json["status"].string == "canceled")
    let replayed = try await stand.call(.post, "/v1/payment-links/\(link["id"])/cancel", [:], idempotency: "cancel-1")
    #expect(replayed.status == 200)
    #expect(replayed.fields[.init("Idempotency-Replayed")!] == "true")
    let outcome = try await stand.pay(order: "R1", amount: "150000.00")
    #expect(outcome["check"]["status"].string == "rejected")
    #expect(outcome["check"]["signed"].bool == true)
    #expect(outcome["status"].string != "success")
    #expect(try await stand.read(link)["payment"]["status"].string != "paid")
    #expect(try await Wire.send(.get, link["short_url"].string ?? "").status == 410)
  }

  @Test("The same key and body is one link; another body is refused; one order has one live link")
  func idempotency() async throws {
    let stand = try Stand()
    try await stand.start()
    let body: [String: Any] = ["order_id": "I1", "amount": 100_000, "description": "once"]
    let first = try await stand.create(body, idempotency: "key-1")
    #expect(first.status == 201)
    let again = try await stand.create(body, idempotency: "key-1")
    #expect(again.status == 200)
    #expect(again.fields[.init("Idempotency-Replayed")!] == "true")
    #expect(again.json["id"].string == first.json["id"].string)
    let other = try await stand.create(body.merging(["amount": 1]) { $1 }, idempotency: "key-1")
    #expect(other.status == 422)
    #expect(other.json["code"].string == "idempotency_key_reused")
    let second = try await stand.create(body, idempotency: "key-2")
    #expect(second.status == 409)
    #expect(second.json["code"].string == "order_has_link")
    #expect(second.json["link"]["id"].string == first.json["id"].string)
    #expect(try await stand.acquirersPayments(order: "I1").count == 1)
    // All of it survives a restart.
    stand.killGateway()
    try await stand.startGateway()
    let after = try await stand.create(body, idempotency: "key-1")
    #expect(after.status == 200)
    #expect(after.json["id"].string == first.json["id"].string)
  }

  @Test("A hundred posts of one key at once make one link and one call to the acquirer")
  func parallelPosts() async throws {
    let stand = try Stand()
    try await stand.start()
    let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<100 {
        group.addTask { try await stand.create(["order_id": "P1", "amount": 5_000, "description": "at once"], idempotency: "one").status }
      }
      return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
    }
    #expect(statuses[201] == 1)
    #expect(Set(statuses.keys).isSubset(of: [200, 201, 409]), "\(statuses)")
    #expect(try await stand.acquirersPayments(order: "P1").count == 1)
  }
}
