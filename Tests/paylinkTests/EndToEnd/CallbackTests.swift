import HTTPTypes
import Testing

/// What the acquirer, or somebody who is not the acquirer, sends to the callback addresses.
@Suite struct EndToEndCallbackTests {
  func opened(_ stand: Stand, order: String) async throws -> (link: JSON, payment: Int64) {
    try await stand.start()
    let link = try await stand.createFixed(order: order)
    return (link, try #require(try await stand.acquirersPayments(order: order).first?["pg_payment_id"].int))
  }

  @Test("A forged result gets 400 and changes nothing")
  func forged() async throws {
    let stand = try Stand()
    let (link, payment) = try await opened(stand, order: "X1")
    let genuine = Callback.result(order: "X1", payment: payment, amount: "150000.00")
    var wrongSecret = genuine
    wrongSecret.secret = "not the secret"
    var wrongScript = genuine
    wrongScript.script = "check"
    var raised = genuine
    raised.fields[2].value = "150000.01"
    let forgeries = [
      (genuine, String(repeating: "0", count: 32)), (genuine, ""), (genuine, wrongSecret.signature), (genuine, wrongScript.signature),
      (raised, genuine.signature), (genuine, genuine.signature.uppercased() + "0"),
    ]
    for (message, signature) in forgeries {
      let answer = try await message.send(to: stand, signature: signature)
      #expect(answer.status == 400)
      #expect(!answer.text.contains(genuine.signature), "an answer never tells the right signature")
    }
    let read = try await stand.read(link)
    #expect(read["status"].string == "active")
    #expect(read["sequence"].int == link["sequence"].int)
    // The genuine one is still taken.
    #expect(try await genuine.send(to: stand).status == 200)
    #expect(try await stand.read(link)["status"].string == "completed")
  }

  @Test("A repeated result, freshly salted and no longer refusable, gets the first answer, also after a restart")
  func repeated() async throws {
    let stand = try Stand()
    let (link, payment) = try await opened(stand, order: "X2")
    var message = Callback.result(
      order: "X2", payment: payment, amount: "150000.00", more: [("pg_need_email_notification", "1"), ("own", "ä b")])
    let first = try await message.send(to: stand)
    #expect(first.status == 200)
    #expect(Callback.isSigned(first.text, script: "result"))
    let sequence = try await stand.read(link)["sequence"].int
    for round in 0..<3 {
      if round == 2 {
        stand.killGateway()
        try await stand.startGateway()
      }
      message.fields[5].value = "0"
      message.fields[10].value = "salt\(round)"
      let again = try await message.send(to: stand)
      #expect(again.status == 200)
      #expect(Callback.answer(again.text)["pg_status"] == Callback.answer(first.text)["pg_status"])
      #expect(Callback.isSigned(again.text, script: "result"))
    }
    #expect(try await stand.read(link)["sequence"].int == sequence)
  }

  @Test("A verified result of a payment that we do not know is an orphan: 200 with a signed error")
  func orphan() async throws {
    let stand = try Stand()
    _ = try await opened(stand, order: "X3")
    let answer = try await Callback.result(order: "NOBODY", payment: 99, amount: "5").send(to: stand)
    #expect(answer.status == 200)
    #expect(Callback.answer(answer.text)["pg_status"] == "error")
    #expect(Callback.isSigned(answer.text, script: "result"))
    var check = Callback.result(order: "NOBODY", payment: 99, amount: "5")
    check.script = "check"
    #expect(Callback.answer(try await check.send(to: stand).text)["pg_status"] == "rejected")
  }

  @Test("A message with a known field twice, or in a wrong form, gets 400")
  func malformed() async throws {
    let stand = try Stand()
    let (link, payment) = try await opened(stand, order: "X4")
    for change in [("pg_amount", "150000.00"), ("pg_result", "1")] {
      let doubled = Callback.result(order: "X4", payment: payment, amount: "150000.00", more: [change])
      #expect(try await doubled.send(to: stand).status == 400)
    }
    for amount in ["15e4", "150000,00", "-150000.00", "１50000"] {
      #expect(try await Callback.result(order: "X4", payment: payment, amount: amount).send(to: stand).status == 400)
    }
    #expect(try await stand.read(link)["status"].string == "active")
  }

  @Test("An unknown merchant in the path is not found")
  func unknownMerchant() async throws {
    let stand = try Stand()
    try await stand.start()
    #expect(try await Wire.send(.post, stand.url + "/callbacks/other/result", body: "a=b").status == 404)
  }

  @Test("The signature may come by GET, by form, in multipart and as pg_xml")
  func encodings() async throws {
    let stand = try Stand()
    try await stand.start()
    for (index, encoding) in ["get", "multipart", "xml"].enumerated() {
      let order = "E\(index)"
      let link = try await stand.createFixed(order: order)
      let payment = try #require(try await stand.acquirersPayments(order: order).first?["pg_payment_id"].int)
      let message = Callback.result(order: order, payment: payment, amount: "150000")
      let fields = message.fields + [("pg_sig", message.signature)]
      let url = stand.url + "/callbacks/main/result"
      let answer: Wire.Answer
      switch encoding {
      case "get": answer = try await Wire.send(.get, url + "?" + message.body())
      case "multipart":
        let parts = fields.map { "--b7\r\nContent-Disposition: form-data; name=\"\($0.0)\"\r\n\r\n\($0.1)\r\n" }.joined() + "--b7--\r\n"
        answer = try await Wire.send(.post, url, fields: ["Content-Type": "multipart/form-data; boundary=b7"], body: parts)
      default:
        let xml = "<request>" + fields.map { "<\($0.0)>\($0.1)</\($0.0)>" }.joined() + "</request>"
        let escaped = xml.replacing("<", with: "%3C").replacing(">", with: "%3E").replacing("/", with: "%2F").replacing(" ", with: "+")
        answer = try await Wire.send(
          .post, url, fields: ["Content-Type": "application/x-www-form-urlencoded"], body: "pg_xml=" + escaped)
      }
      #expect(answer.status == 200, "\(encoding): \(answer)")
      #expect(try await stand.read(link)["payment"]["status"].string == "paid", "\(encoding)")
    }
  }

  @Test("A result that comes twice at once settles once")
  func doubled() async throws {
    let stand = try Stand()
    try await stand.start()
    try await stand.faults([["on": "result", "fault": "duplicate", "times": 1]])
    let link = try await stand.createFixed(order: "X5")
    _ = try await stand.pay(order: "X5", amount: "150000.00")
    let read = try await stand.read(link)
    #expect(read["status"].string == "completed")
    #expect(read["payments"].list.count == 1)
    #expect(read["payment"]["flags"].list.isEmpty)
  }

  @Test("A result that was lost is found: the acquirer repeats it after half an hour")
  func lostResult() async throws {
    let stand = try Stand()
    try await stand.start()
    try await stand.faults([["on": "result", "fault": "drop", "times": 1]])
    let link = try await stand.createFixed(order: "X6")
    _ = try? await stand.pay(order: "X6", amount: "150000.00")
    #expect(try await stand.listed(link)["status"].string == "active")
    try await stand.advanceSandbox("31m")
    let isPaid = await Poll.until(.seconds(10)) { (try? await stand.listed(link))?["status"].string == "completed" }
    #expect(isPaid)
  }
}
