extension Schema {
  /// The first shape of the books. It stays as it is for ever: a change is a new version.
  ///
  /// Times are milliseconds since 1970 UTC, amounts minor units. Rules that must always hold (design §5) stand here too, by name, so that no
  /// program error can write past them.
  static func version1(_ dialect: Dialect) -> String {
    """
    CREATE TABLE link (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE CHECK (length(id) = 29),
      merchant TEXT NOT NULL,
      order_id TEXT NOT NULL,
      client_token TEXT NOT NULL UNIQUE,
      short_token TEXT NOT NULL UNIQUE,
      return_token TEXT NOT NULL UNIQUE,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      is_test INTEGER NOT NULL CHECK (is_test IN (0, 1)),
      terms TEXT NOT NULL,
      status TEXT NOT NULL CONSTRAINT link_status
        CHECK (status IN ('creating', 'active', 'completed', 'review', 'failed', 'expired', 'canceled')),
      sequence INTEGER NOT NULL CHECK (sequence >= 0),
      is_live INTEGER NOT NULL CHECK (is_live IN (0, 1)),
      -- Whether it has the order's place. Late money may bring an ended link back to life beside a newer one: it is live then, without the place.
      holds_order INTEGER NOT NULL CONSTRAINT link_holder CHECK (holds_order IN (0, 1) AND holds_order <= is_live),
      flags INTEGER NOT NULL CHECK (flags >= 0),
      look_rank INTEGER NOT NULL CHECK (look_rank BETWEEN 0 AND 4),
      next_look_at INTEGER,
      asked_at INTEGER,
      seen_at INTEGER,
      accepted_at INTEGER,
      canceled_at INTEGER,
      openings INTEGER NOT NULL CHECK (openings >= 0),
      page_url TEXT,
      page_kind TEXT,
      page_qr TEXT,
      page_expires_at INTEGER,
      CONSTRAINT link_page CHECK ((page_url IS NULL) = (page_expires_at IS NULL))
    ) STRICT;
    CREATE UNIQUE INDEX link_order_holder ON link (merchant, order_id) WHERE holds_order = 1;
    CREATE INDEX link_list ON link (merchant, created_at, id);
    CREATE INDEX link_order ON link (merchant, order_id, created_at, id);
    CREATE INDEX link_status_list ON link (merchant, status, created_at, id);
    CREATE INDEX link_flagged ON link (merchant, created_at, id) WHERE flags > 0;
    CREATE INDEX link_look ON link (merchant, look_rank, next_look_at) WHERE next_look_at IS NOT NULL;
    CREATE INDEX link_ending ON link (expires_at) WHERE status = 'active';

    CREATE TABLE payment (
      link TEXT NOT NULL REFERENCES link (id),
      ordinal INTEGER NOT NULL CHECK (ordinal >= 1),
      merchant TEXT NOT NULL,
      number INTEGER CHECK (number > 0),
      status TEXT NOT NULL CONSTRAINT payment_status
        CHECK (status IN ('pending', 'authorized', 'paid', 'partially_refunded', 'refunded', 'failed', 'canceled', 'unknown')),
      amount INTEGER CONSTRAINT payment_amount CHECK (amount >= 0),
      currency TEXT,
      captured INTEGER NOT NULL CONSTRAINT payment_captured CHECK (captured BETWEEN 0 AND coalesce(amount, 0)),
      refunded INTEGER NOT NULL CONSTRAINT payment_refunded CHECK (refunded BETWEEN 0 AND captured),
      -- What open operations may still move: triggers keep them, so that nothing can be asked back, or taken, twice.
      refunding INTEGER NOT NULL DEFAULT 0 CONSTRAINT payment_refunding CHECK (refunding >= 0 AND refunded + refunding <= captured),
      capturing INTEGER NOT NULL DEFAULT 0
        CONSTRAINT payment_capturing CHECK (capturing >= 0 AND captured + capturing <= coalesce(amount, 0)),
      method TEXT,
      card_number TEXT,
      card_brand TEXT,
      flags INTEGER NOT NULL CHECK (flags >= 0),
      failure_code TEXT,
      failure_message TEXT,
      paid_at INTEGER,
      checked_at INTEGER,
      created_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL,
      PRIMARY KEY (link, ordinal),
      CONSTRAINT payment_currency CHECK ((amount IS NULL) = (currency IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX payment_number ON payment (merchant, number) WHERE number IS NOT NULL;

    CREATE TABLE operation (
      number INTEGER PRIMARY KEY,
      link TEXT NOT NULL,
      -- Its place under the link. The bound is what one link may cost to read.
      ordinal INTEGER NOT NULL CONSTRAINT operation_count CHECK (ordinal BETWEEN 1 AND 1000),
      id TEXT NOT NULL UNIQUE CHECK (length(id) = 29),
      merchant TEXT NOT NULL,
      kind TEXT NOT NULL CONSTRAINT operation_kind CHECK (kind IN ('capture', 'cancel', 'refund')),
      payment INTEGER NOT NULL,
      amount INTEGER NOT NULL CONSTRAINT operation_amount CHECK (amount > 0),
      currency TEXT NOT NULL,
      origin TEXT NOT NULL CONSTRAINT operation_origin CHECK (origin IN ('api', 'acquirer')),
      requested_at INTEGER NOT NULL,
      reason TEXT,
      options TEXT NOT NULL,
      status TEXT NOT NULL CONSTRAINT operation_status CHECK (status IN ('requested', 'sent', 'succeeded', 'failed', 'unknown')),
      baseline TEXT NOT NULL,
      reference INTEGER CHECK (reference > 0),
      failure_code TEXT,
      failure_message TEXT,
      sent_at INTEGER,
      ended_at INTEGER,
      looks INTEGER NOT NULL CHECK (looks >= 0),
      next_look_at INTEGER,
      UNIQUE (link, ordinal),
      FOREIGN KEY (link, payment) REFERENCES payment (link, ordinal),
      CONSTRAINT operation_failure CHECK ((failure_code IS NULL) = (failure_message IS NULL))
    ) STRICT;
    -- One refund of the acquirer is one of ours. A capture's or cancel's number may be the payment's own.
    CREATE UNIQUE INDEX operation_refund ON operation (merchant, reference) WHERE kind = 'refund' AND reference IS NOT NULL;
    \(operationTriggers(dialect))

    -- An anomaly leaves the link's sequence as it was, so several events may share one; `feed` keeps them in the order of writing.
    CREATE TABLE event (
      feed INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE CHECK (length(id) = 30),
      merchant TEXT NOT NULL,
      link TEXT REFERENCES link (id),
      sequence INTEGER NOT NULL CHECK (sequence >= 0),
      kind TEXT NOT NULL,
      at INTEGER NOT NULL,
      state TEXT,
      CONSTRAINT event_state CHECK ((link IS NULL) = (state IS NULL))
    ) STRICT;
    CREATE INDEX event_link ON event (link, sequence) WHERE link IS NOT NULL;

    CREATE TABLE idempotency (
      caller TEXT NOT NULL,
      key TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      at INTEGER NOT NULL,
      link TEXT NOT NULL,
      operation TEXT,
      refusal TEXT,
      PRIMARY KEY (caller, key)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE message (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      merchant TEXT NOT NULL,
      source TEXT NOT NULL,
      payment INTEGER,
      order_id TEXT,
      link TEXT,
      reading TEXT NOT NULL,
      verdict TEXT,
      is_remembered INTEGER NOT NULL CHECK (is_remembered IN (0, 1)),
      digest TEXT NOT NULL,
      message TEXT NOT NULL
    ) STRICT;

    CREATE TABLE answer (
      merchant TEXT NOT NULL,
      digest TEXT NOT NULL,
      at INTEGER NOT NULL,
      verdict TEXT NOT NULL,
      PRIMARY KEY (merchant, digest)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE heartbeat (
      number INTEGER PRIMARY KEY CHECK (number = 1),
      beats INTEGER NOT NULL
    ) STRICT;
    INSERT INTO heartbeat VALUES (1, 0);
    """
  }

  /// Reservations are kept, and operations stay as they were asked for.
  private static func operationTriggers(_ dialect: Dialect) -> String {
    switch dialect {
    case .sqlite:
      """
      CREATE TRIGGER operation_begun AFTER INSERT ON operation BEGIN \(reserve) END;
      CREATE TRIGGER operation_moved AFTER UPDATE OF status ON operation BEGIN \(reserve) END;
      CREATE TRIGGER operation_fixed BEFORE UPDATE OF link, ordinal, id, merchant, kind, payment, amount, currency, origin, requested_at ON operation
        BEGIN SELECT raise(ABORT, 'an operation stays as it was asked for'); END;
      CREATE TRIGGER operation_kept BEFORE DELETE ON operation
        BEGIN SELECT raise(ABORT, 'an operation is never taken away'); END;
      """
    case .postgres:
      """
      CREATE FUNCTION operation_reserve() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(reserve) RETURN NULL; END $$;
      CREATE FUNCTION operation_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
      CREATE TRIGGER operation_begun AFTER INSERT ON operation FOR EACH ROW EXECUTE FUNCTION operation_reserve();
      CREATE TRIGGER operation_moved AFTER UPDATE OF status ON operation FOR EACH ROW EXECUTE FUNCTION operation_reserve();
      CREATE TRIGGER operation_fixed BEFORE UPDATE OF link, ordinal, id, merchant, kind, payment, amount, currency, origin, requested_at ON operation
        FOR EACH ROW EXECUTE FUNCTION operation_refuse('an operation stays as it was asked for');
      CREATE TRIGGER operation_kept BEFORE DELETE ON operation
        FOR EACH ROW EXECUTE FUNCTION operation_refuse('an operation is never taken away');
      """
    }
  }

  /// What open operations of a payment may move, added up into its row, whose rules then judge it.
  private static let reserve = """
    UPDATE payment SET refunding = (\(reserved("refund"))), capturing = (\(reserved("capture")))
      WHERE link = new.link AND ordinal = new.payment;
    """

  static func reserved(_ kind: String) -> String {
    """
    SELECT coalesce(sum(amount), 0) FROM operation
      WHERE link = new.link AND payment = new.payment AND kind = '\(kind)' AND status IN ('requested', 'sent', 'unknown')
    """
  }
}
