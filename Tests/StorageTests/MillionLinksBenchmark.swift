import Glibc
import GRDB
import Payments
import Testing

@testable import Storage

/// What a page of a list costs among a million links, for
/// `PAYLINK_BENCHMARK=1 swift test -c release -Xswiftc -enable-testing --filter MillionLinksBenchmark`.
@Suite("MillionLinksBenchmark", .enabled(if: unsafe getenv("PAYLINK_BENCHMARK") != nil), .serialized)
struct MillionLinksBenchmark {
  static let count = 1_000_000

  struct Kind: Sendable {
    var name: String
    var narrow: @Sendable (inout LinkQuery) -> Void
  }

  static let kinds = [
    Kind(name: "all") { _ in },
    Kind(name: "one order") { $0.order = Sample.order("O777777") },
    Kind(name: "active, one of ten") { $0.status = .active },
    Kind(name: "a flag, one of a thousand") { $0.flag = .late },
    Kind(name: "metadata of ten links") { $0.metadata = MetadataPair(key: "cart", value: "77777") },
    Kind(name: "metadata of all links") { $0.metadata = MetadataPair(key: "channel", value: "web") },
    Kind(name: "metadata of all links, active") {
      $0.metadata = MetadataPair(key: "channel", value: "web")
      $0.status = .active
    },
  ]

  @Test("pages of 20, at the beginning and in the middle")
  func pages() async throws {
    try await withStore { store in
      for size in [1000, Self.count] {
        try await fill(store, to: size)
        for kind in Self.kinds {
          for isDeep in [false, true] {
            var query = LinkQuery(merchants: [Sample.shop])
            kind.narrow(&query)
            if isDeep { query.after = LinkPosition(createdAt: Sample.at(size / 2), id: LinkID(at: Sample.at(size / 2))) }
            var found = 0
            var times: [Duration] = []
            for _ in 0..<200 {
              let start = ContinuousClock.now
              found = try await store.links(query).links.count
              times.append(ContinuousClock.now - start)
            }
            times.sort()
            print(
              "BENCH list |", size, "links |", kind.name, isDeep ? "| from the middle" : "| from the newest", "| rows", found,
              "| median us",
              times[100].microseconds, "| p99 us", times[197].microseconds)
          }
        }
      }
    }
  }

  /// Made in the database itself: through the port it would take minutes.
  private func fill(_ store: SQLiteStore, to size: Int) async throws {
    let sample = Sample.link("sample", metadata: ["cart": "1", "channel": "web"])
    let terms = try StoredJSON.text(sample.terms)
    try await store.pool.write { db in
      try db.execute(
        sql: """
          WITH RECURSIVE number (n) AS (SELECT (SELECT count(*) FROM link) UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :size)
          INSERT INTO link (id, merchant, order_id, client_token, short_token, return_token, created_at, expires_at, is_test, terms, status,
            sequence, is_live, holds_order, flags, look_rank, openings)
          SELECT printf('pl_%026d', n), 'main', 'O' || n, printf('1%025d', n), printf('2%025d', n), printf('3%025d', n), :start + n * 1000,
            :start + n * 1000 + 86400000, 0, :terms, iif(n % 10 = 0, 'active', 'completed'), 1, 1, 1, iif(n % 1000 = 0, :late, 0), 4, 1
          FROM number
          """, arguments: ["size": size, "start": Sample.start.milliseconds, "terms": terms, "late": FlagBits(.late).rawValue])
      try db.execute(
        sql: """
          INSERT INTO link_metadata SELECT merchant, 'cart', cast((number - 1) / 10 AS TEXT), created_at, id FROM link WHERE true
            ON CONFLICT DO NOTHING;
          INSERT INTO link_metadata SELECT merchant, 'channel', 'web', created_at, id FROM link WHERE true ON CONFLICT DO NOTHING;
          """)
    }
  }
}

extension Duration {
  fileprivate var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
