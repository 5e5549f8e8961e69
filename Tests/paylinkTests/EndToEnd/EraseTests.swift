import Foundation
import HTTPTypes
import Testing

/// `paylink erase` over the books of a real gateway.
@Suite("End to end: erase") struct EndToEndEraseTests {
  private static let phone = "+998901234567"

  private func erase(_ stand: Stand, _ arguments: String...) async throws -> Program.Outcome {
    let config = stand.folder.appendingPathComponent("paylink.yaml").path
    return try await Program.run(["erase", "--config", config] + arguments, in: stand.folder)
  }

  /// Which of some texts stand in a byte of the database's files.
  private func found(_ texts: [String], _ stand: Stand) throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: stand.folder.path).filter { $0.hasPrefix("paylink.db") }
    let files = try names.map { try Data(contentsOf: stand.folder.appendingPathComponent($0)) }
    return texts.filter { text in files.contains { $0.range(of: Data(text.utf8)) != nil } }
  }

  @Test("takes what was paid, leaves what is open with exit 1, and takes it when it is canceled: then no byte of the payer is left")
  func openLinks() async throws {
    let stand = try Stand()
    try await stand.start()
    let payer: [String: Any] = ["customer": ["id": "customer-77", "phone": Self.phone, "email": "payer@example.uz"]]
    let paid = try await stand.createFixed(order: "E1", more: payer)
    let open = try await stand.createFixed(order: "E2", more: payer)
    _ = try await stand.pay(order: "E1", amount: "150000.00")
    let (paidID, openID) = (try #require(paid["id"].string), try #require(open["id"].string))
    let pan = try #require(try await stand.read(paid)["payment"]["card"]["pan"].string)
    stand.killGateway()
    let traces = ["998901234567", "payer@example.uz", "customer-77", pan]
    #expect(try found(traces, stand) == traces)

    let counted = try await erase(stand, "--phone", Self.phone, "--dry-run")
    #expect(counted.status == 1)
    #expect(counted.output.contains("\(paidID) to erase"))
    let first = try await erase(stand, "--phone", Self.phone)
    #expect(first.status == 1)
    #expect(first.output.contains("links       1 erased\n") && first.output.contains("\n\(paidID) erased\n"), "\(first.output)")
    let end = try #require(open["expires_at"].string)
    #expect(first.output.contains("\n\(openID) left, open until \(end)\n"), "\(first.output)")
    #expect(
      first.errors == "paylink: 1 link is still open and not erased: cancel it, or run erase again after \(end)\n")
    #expect(try found([pan], stand) == [])

    try await stand.startGateway()
    // `readyz` answers a moment before the API listens.
    #expect(await Poll.until(.seconds(5)) { (try? await stand.read(open)) != nil })
    #expect(try await stand.call(.post, "/v1/payment-links/\(openID)/cancel", [:], idempotency: "c").status == 200)
    stand.killGateway()
    let second = try await erase(stand, "--phone", Self.phone)
    #expect(second.status == 0, "\(second.errors)")
    #expect(second.output.contains("\n\(openID) erased\n"), "\(second.output)")
    #expect(try found(traces, stand) == [])
    let third = try await erase(stand, "--phone", Self.phone)
    #expect(third.status == 0)
    #expect(third.output.split(separator: "\n").count == 6 && third.output.contains("links       0 erased\n"))

    // What was paid stays.
    try await stand.startGateway()
    #expect(await Poll.until(.seconds(5)) { (try? await stand.read(open)) != nil })
    #expect(try await stand.listed(paid)["payment"]["captured"].int == 15_000_000)
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let says: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(
    "refuses what names nobody, two, or somebody unclear, in one line with exit 64 that shows no name of a payer",
    arguments: [
      Bad(arguments: [], says: "Name the payer by one of"),
      Bad(arguments: ["--phone", phone, "--email", "a@b.uz"], says: "Name the payer by one of"),
      Bad(arguments: ["--customer", "", "--phone", phone], says: "Name the payer by one of"),
      Bad(arguments: ["--customer", ""], says: "--customer must have at least 1 characters"),
      Bad(arguments: ["--phone", ""], says: "--phone must have at least 1 characters"),
      Bad(arguments: ["--phone", "998935551122"], says: "--phone must be an E.164 number"),
      Bad(arguments: ["--phone", "+99893555 1122"], says: "--phone must be an E.164 number"),
      Bad(arguments: ["--phone", "+935551"], says: "--phone must be an E.164 number"),
      Bad(arguments: ["--email", "example.uz"], says: "--email must be an e-mail address"),
      Bad(arguments: ["--link", "pl_wrong"], says: "--link must be the id of a payment link"),
      Bad(arguments: ["--phone", phone, "--merchant", "Main"], says: "--merchant must be 1 to 32"),
      Bad(arguments: ["--phone", phone, "--merchant", "mian"], says: "neither the settings nor the books have a merchant mian"),
    ])
  func refuses(_ bad: Bad) async throws {
    let stand = try Stand()
    let config = stand.folder.appendingPathComponent("paylink.yaml").path
    let refused = try await Program.run(["erase", "--config", config] + bad.arguments, in: stand.folder)
    #expect(refused.status == 64)
    #expect(refused.errors.split(separator: "\n").count == 1 && refused.errors.contains(bad.says), "\(refused.errors)")
    #expect(!refused.errors.contains("93555") && refused.output.isEmpty)
  }

  @Test("takes a customer of one merchant alone: which one must be said where the settings have several")
  func merchants() async throws {
    let stand = try Stand()
    let file = stand.folder.appendingPathComponent("paylink.yaml")
    let alone = try await erase(stand, "--customer", "7")
    #expect(alone.status == 0, "\(alone.errors)")
    let second = [
      "  - name: second", "    merchant_id: 555124", "    secret_key_file: \(stand.folder.path)/secret", "    region: uz",
      "    currency: UZS", "api_keys:",
    ]
    try String(contentsOf: file, encoding: .utf8).replacing("api_keys:", with: second.joined(separator: "\n"))
      .write(to: file, atomically: true, encoding: .utf8)
    let unclear = try await erase(stand, "--customer", "7")
    #expect(unclear.status == 64)
    #expect(
      unclear.errors == "paylink: --customer needs --merchant here: an id of a customer is each shop's own (main, second)\n")
    let named = try await erase(stand, "--customer", "7", "--merchant", "second")
    #expect(named.status == 0, "\(named.errors)")
    let phone = try await erase(stand, "--phone", Self.phone)
    #expect(phone.status == 0, "\(phone.errors)")
  }
}
