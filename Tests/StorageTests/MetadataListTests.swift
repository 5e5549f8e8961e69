import GRDB
import Payments
import Testing

@testable import Storage

/// Lists by the shop's own pairs.
@Suite("Lists by metadata") struct MetadataListTests {
  static func link(_ order: String, _ metadata: [String: String], merchant: MerchantName = Sample.shop, at seconds: Int) -> PaymentLink {
    Sample.link(order, merchant: merchant, at: Sample.at(seconds), status: seconds % 20 == 0 ? .active : .canceled, metadata: metadata)
  }

  /// Names and values that would mean something elsewhere.
  static let odd = ["cart": "7", "o'clock \"x\".y[0]": "{\"a\": 1}\n", "пара": "🙂", "empty": ""]

  @Test("hold exactly the links with the pair, of the merchant, newest first", arguments: Engine.all)
  func chooses(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.insert(Self.link("A", ["cart": "7"], at: 0))
      try await store.insert(Self.link("B", Self.odd, at: 10))
      try await store.insert(Self.link("C", ["cart": "77", "other": "7"], at: 20))
      try await store.insert(Self.link("D", [:], at: 30))
      try await store.insert(Self.link("X", ["cart": "7"], merchant: Sample.merchant("other"), at: 40))
      func orders(_ key: String, _ value: String, _ narrow: (inout LinkQuery) -> Void = { _ in }) async throws -> [String] {
        var query = LinkQuery(merchants: [Sample.shop], metadata: MetadataPair(key: key, value: value))
        narrow(&query)
        return try await store.links(query).links.map(\.order.text)
      }
      #expect(try await orders("cart", "7") == ["B", "A"])
      #expect(try await orders("cart", "77") == ["C"])
      #expect(try await orders("Cart", "7") == [])
      for (key, value) in Self.odd where key != "cart" { #expect(try await orders(key, value) == ["B"], "\(key)") }
      #expect(try await orders("cart", "7") { $0.status = .active } == ["A"])
      #expect(try await orders("cart", "7") { $0.order = Sample.order("B") } == ["B"])
      #expect(try await orders("cart", "7") { $0.flag = .late } == [])
      #expect(try await orders("cart", "7") { $0.createdFrom = Sample.at(10) } == ["B"])
      #expect(try await orders("cart", "7") { $0.createdTo = Sample.at(10) } == ["A"])
      #expect(try await orders("cart", "7") { $0.merchants = [Sample.merchant("other"), Sample.shop] } == ["X", "B", "A"])
    }
  }

  @Test("go on where a page ended", arguments: Engine.all)
  func pages(_ engine: Engine) async throws {
    try await engine.withStore { store in
      for index in 0..<7 { try await store.insert(Self.link("O\(index)", ["cart": "7"], at: index / 2)) }
      var query = LinkQuery(merchants: [Sample.shop], metadata: MetadataPair(key: "cart", value: "7"), limit: 2)
      var seen: [LinkID] = []
      for _ in 0..<4 {
        let page = try await store.links(query)
        seen += page.links.map(\.id)
        if let last = page.links.last { query.after = LinkPosition(createdAt: last.createdAt, id: last.id) }
      }
      #expect(seen.count == 7 && Set(seen).count == 7)
      #expect(try await store.links(query).links.isEmpty)
    }
  }

  @Test("know the links of before, once the file has come to version 4")
  func backfilled() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      let before = try SQLiteStore.open(path: path, logger: .quiet)
      try await before.insert(Self.link("A", ["cart": "7"], at: 0))
      try await before.insert(Self.link("B", Self.odd, at: 10))
      try await before.insert(Self.link("C", [:], at: 20))
      // As the file was before.
      try await before.pool.write { db in
        try db.execute(sql: "DROP TABLE link_metadata; DELETE FROM grdb_migrations WHERE identifier = '4'")
      }
      await before.close()
      let store = try SQLiteStore.open(path: path, logger: .quiet)
      for (key, value) in Self.odd {
        let query = LinkQuery(merchants: [Sample.shop], metadata: MetadataPair(key: key, value: value))
        #expect(try await store.links(query).links.map(\.order.text) == (key == "cart" ? ["B", "A"] : ["B"]))
      }
      await store.close()
    }
  }
}
