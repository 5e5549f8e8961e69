import GRDB

/// A pool in WAL mode. GRDB sets `synchronous = NORMAL` when it opens one, so FULL is set afterwards: a commit that was answered must survive a power cut.
struct Books {
  private let pool: DatabasePool

  init(path: String) throws {
    pool = try DatabasePool(path: path)
    try pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA synchronous = FULL")
      guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else { throw DatabaseError(message: "synchronous is not FULL") }
    }
    try pool.write { db in
      try db.execute(
        sql: """
          CREATE TABLE IF NOT EXISTS link (
            id TEXT PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL, currency TEXT NOT NULL, description TEXT NOT NULL,
            status TEXT NOT NULL, payment_id INTEGER UNIQUE, url TEXT, created_at INTEGER NOT NULL)
          """)
    }
  }

  func reserve(_ link: Link) async throws {
    try await pool.write { db in
      let statement = try db.cachedStatement(
        sql: "INSERT INTO link (id, order_id, amount, currency, description, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)")
      try statement.execute(arguments: [
        link.id, link.order_id, link.amount, link.currency, link.description, link.status, link.created_at,
      ])
    }
  }

  func activate(_ link: Link) async throws {
    try await pool.write { db in
      let statement = try db.cachedStatement(sql: "UPDATE link SET status = ?, payment_id = ?, url = ? WHERE id = ?")
      try statement.execute(arguments: [link.status, link.payment_id, link.url, link.id])
    }
  }
}
