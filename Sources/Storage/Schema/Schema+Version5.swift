extension Schema {
  /// How several programs on one database share their scheduled work (decision 12).
  ///
  /// Leases stand in a table of their own and not in the rows that they are about: a link's row is wide and has a dozen indexes, and would be written twice for
  /// every look. A row is there from the taking of a piece of work to its end; what is left of a program that died lapses.
  static let version5 = """
    CREATE TABLE lease (
      -- The kind of work, and whose: `expire`, or `look` and the merchant.
      work TEXT NOT NULL,
      -- What it is about: a link.
      item TEXT NOT NULL,
      holder TEXT NOT NULL,
      ends_at INTEGER NOT NULL,
      -- How often it ended with the work unfinished.
      lapses INTEGER NOT NULL CHECK (lapses >= 0),
      PRIMARY KEY (work, item)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX lease_end ON lease (work, ends_at);

    -- When a merchant's acquirer may be asked next, by whichever program.
    CREATE TABLE turn (
      merchant TEXT PRIMARY KEY,
      next_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Who has a waiting delivery until `due_at`.
    ALTER TABLE delivery ADD COLUMN taken_by TEXT;
    """
}
