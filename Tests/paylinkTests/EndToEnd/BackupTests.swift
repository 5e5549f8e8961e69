import Foundation
import HTTPTypes
import PostgresTesting
import Testing

/// docs/backup.md, step by step: a copy is taken, money goes on, the copy is put back, and the books are asked right again.
@Suite("A restored copy", .serialized) struct EndToEndBackupTests {
  enum Engine: CaseIterable, Sendable {
    case sqlite, postgres
  }

  @Test(
    "is right again after sync --all: payments and refunds of the lost hour are found, and what is not is an orphan",
    arguments: Engine.allCases)
  func restored(_ engine: Engine) async throws {
    let copying = try await Copying(engine)
    let stand = copying.stand
    try await stand.start()
    let open = try await stand.createFixed(order: "B1")
    let paid = try await stand.createFixed(order: "B2")
    let refunded = try await stand.createFixed(order: "B3")
    for order in ["B2", "B3"] { _ = try await stand.pay(order: order, amount: "150000.00") }
    try await copying.copy()

    // The hour that is lost.
    _ = try await stand.pay(order: "B1", amount: "150000.00")
    let refund = try await stand.call(
      .post, "/v1/payment-links/\(refunded["id"].string ?? "?")/refunds", ["amount": 5_000_000], idempotency: "r1")
    #expect(refund.status == 201, "\(refund)")
    let lost = try await stand.createFixed(order: "B4")
    stand.killGateway()
    try await copying.restore()
    try await stand.startGateway()

    #expect(try await stand.listed(open)["status"].string == "active")
    #expect(try await stand.listed(refunded)["refunds"].list.isEmpty)
    #expect(try await stand.call(.get, "/v1/payment-links/\(lost["id"].string ?? "?")").status == 404)
    let sync = try await Program.run(
      ["links", "sync", "--all", "--every", "0"], in: stand.folder, environment: ["PAYLINK_URL": stand.url, "PAYLINK_KEY": Stand.key])
    #expect(sync.status == 0, "\(sync.errors)")
    #expect(sync.output.contains("asked about 3 links: 2 came to be another, 0 could not be asked"), "\(sync.output)")
    #expect(sync.output.contains("order B1  was active"), "\(sync.output)")

    let now = try await stand.listed(open)
    #expect(now["status"].string == "completed")
    #expect(now["payment"]["captured"].int == 15_000_000)
    let given = try await stand.listed(refunded)["refunds"].list
    #expect(given.map { $0["amount"].int } == [5_000_000])
    #expect(given.map { $0["origin"].string } == ["acquirer"])
    #expect(try await stand.listed(paid)["payment"]["status"].string == "paid")

    // A link of the lost hour: its page takes no money, and the acquirer's question is kept.
    let refused = try await stand.pay(order: "B4", amount: "150000.00")
    #expect(refused["check"]["status"].string == "rejected")
    let orphans = try await stand.call(.get, "/v1/orphans", key: Stand.operatorKey).json["data"].list
    #expect(orphans.map { $0["order_id"].string } == ["B4"])
    // Asking once more finds nothing new.
    let again = try await Program.run(
      ["links", "sync", "--all", "--every", "0"], in: stand.folder, environment: ["PAYLINK_URL": stand.url, "PAYLINK_KEY": Stand.key])
    #expect(again.output.contains("0 came to be another"), "\(again.output)")
  }

  @Test("moves to PostgreSQL with migrate --copy, and goes on there: cursors, refunds, new payments")
  func moved() async throws {
    let cluster = try PostgresCluster.shared.get()
    let stand = try Stand()
    try await stand.start()
    let old = try await stand.createFixed(order: "M1")
    _ = try await stand.pay(order: "M1", amount: "150000.00")
    let open = try await stand.createFixed(order: "M2")
    let feed = try await stand.call(.get, "/v1/events?limit=100").json
    let cursor = try #require(feed["next_cursor"].string)
    let (from, to) = ("sqlite:\(stand.folder.path)/paylink.db", cluster.address(try await cluster.newDatabase()))
    let running = try await Program.run(["migrate", "--copy", from, to], in: stand.folder)
    #expect(running.status == 75, "\(running.errors)")
    #expect(running.errors.contains("in use by another process"))

    stand.gateway?.signal(SIGTERM)
    _ = try await stand.gateway?.outcome(within: .seconds(30))
    stand.killGateway()
    let copied = try await Program.run(["migrate", "--copy", from, to], in: stand.folder)
    #expect(copied.status == 0, "\(copied.errors)")
    for line in ["  link: 2\n", "  payments of main in UZS, paid: amount 15000000, ", "counts and sums are equal"] {
      #expect(copied.output.contains(line), "\(copied.output)")
    }
    let twice = try await Program.run(["migrate", "--copy", from, to], in: stand.folder)
    #expect(twice.status == 65, "\(twice.errors)")
    for words in [[from], [from, from], [from, "mysql://x"]] {
      #expect(try await Program.run(["migrate", "--copy"] + words, in: stand.folder).status == 64)
    }

    try stand.use(database: to)
    try await stand.startGateway()
    #expect(try await stand.listed(old)["payment"]["status"].string == "paid")
    _ = try await stand.pay(order: "M2", amount: "150000.00")
    let refund = try await stand.call(.post, "/v1/payment-links/\(old["id"].string ?? "?")/refunds", ["amount": 100], idempotency: "r")
    #expect(refund.status == 201, "\(refund)")
    let later = try await stand.call(.get, "/v1/events?limit=100&cursor=\(cursor)").json["data"].list
    #expect(later.contains { $0["type"].string == "payment.paid" && $0["data"]["link"]["id"].string == open["id"].string })
    #expect(!later.contains { $0["data"]["link"]["order_id"].string == "M1" && $0["type"].string == "payment.paid" })
    try await stand.expectEqualBooks(orders: ["M2"])
  }
}

/// A stand whose books can be copied and put back, by the means that docs/backup.md names.
private struct Copying {
  let stand: Stand
  private let engine: EndToEndBackupTests.Engine
  private let cluster: PostgresCluster
  private let database: String

  init(_ engine: EndToEndBackupTests.Engine) async throws {
    self.engine = engine
    cluster = try PostgresCluster.shared.get()
    database = engine == .postgres ? try await cluster.newDatabase() : ""
    stand = try Stand(database: engine == .postgres ? cluster.address(database) : nil)
  }

  private var copy: String { stand.folder.appendingPathComponent("backup").path }
  private var file: String { stand.folder.appendingPathComponent("paylink.db").path }

  func copy() async throws {
    switch engine {
    case .sqlite: try await run("sqlite3", file, ".backup \(copy)")
    case .postgres: try await run("pg_dump", "-h", cluster.folder, "-U", "paylink", "-Fc", "-f", copy, database)
    }
  }

  func restore() async throws {
    switch engine {
    case .sqlite:
      let files = FileManager.default
      for suffix in ["", "-wal", "-shm"] where files.fileExists(atPath: file + suffix) {
        try files.moveItem(atPath: file + suffix, toPath: "\(file).lost\(suffix)")
      }
      try files.copyItem(atPath: copy, toPath: file)
    case .postgres:
      let restored = try await cluster.newDatabase()
      try await run("pg_restore", "-h", cluster.folder, "-U", "paylink", "-d", restored, copy)
      try stand.use(database: cluster.address(restored))
    }
  }

  private func run(_ words: String...) async throws {
    let outcome = try await Program.run(words, in: stand.folder, executable: "/usr/bin/env")
    guard outcome.status == 0 else { throw Failure("\(words[0]): \(outcome.errors)") }
  }
}
