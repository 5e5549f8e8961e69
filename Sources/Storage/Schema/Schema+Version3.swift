extension Schema {
  /// The events' way to the shop (design §4.5).
  ///
  /// An endpoint has a place in the feed up to which its deliveries were made; place and deliveries move in one transaction, so no event is lost between
  /// them. `due_at` of a waiting delivery is when it may be taken next: whoever takes it sets it to the end of a lease.
  static let version3 = """
    CREATE INDEX event_merchant ON event (merchant);

    CREATE TABLE endpoint (
      name TEXT PRIMARY KEY,
      -- A digest of the address: another address is another endpoint, and begins enabled.
      address TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      place INTEGER NOT NULL CHECK (place >= 0),
      -- Tries in a row that came to nothing.
      failures INTEGER NOT NULL CHECK (failures >= 0),
      rests_until INTEGER,
      disabled_at INTEGER
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE delivery (
      endpoint TEXT NOT NULL,
      event INTEGER NOT NULL REFERENCES event (feed),
      merchant TEXT NOT NULL,
      status TEXT NOT NULL CONSTRAINT delivery_status CHECK (status IN ('waiting', 'delivered', 'dead')),
      tries INTEGER NOT NULL CHECK (tries >= 0),
      due_at INTEGER,
      PRIMARY KEY (endpoint, event),
      CONSTRAINT delivery_due CHECK ((due_at IS NOT NULL) = (status = 'waiting'))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX delivery_waiting ON delivery (endpoint, due_at) WHERE status = 'waiting';
    CREATE INDEX delivery_dead ON delivery (endpoint) WHERE status = 'dead';
    CREATE INDEX delivery_list ON delivery (merchant, event, endpoint);
    CREATE INDEX delivery_status_list ON delivery (merchant, status, event, endpoint);
    CREATE INDEX delivery_event ON delivery (event);

    CREATE TABLE attempt (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      endpoint TEXT NOT NULL,
      event INTEGER NOT NULL,
      at INTEGER NOT NULL,
      milliseconds INTEGER NOT NULL CHECK (milliseconds >= 0),
      http_status INTEGER,
      failure TEXT,
      FOREIGN KEY (endpoint, event) REFERENCES delivery (endpoint, event),
      CONSTRAINT attempt_end CHECK ((http_status IS NULL) = (failure IS NOT NULL))
    ) STRICT;
    CREATE INDEX attempt_delivery ON attempt (endpoint, event, number);
    """
}
