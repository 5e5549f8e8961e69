extension Schema {
  /// What the rest of a payment's life needs: rejects that are only wishes, holds that the acquirer captures by itself, orphans as things of
  /// their own, and the oldest of what is not finished.
  static let version2 = """
    ALTER TABLE payment ADD COLUMN rejected_at INTEGER;
    ALTER TABLE payment ADD COLUMN capture_by INTEGER;
    ALTER TABLE payment ADD COLUMN capture_told_at INTEGER;

    -- What an event without a link is about.
    ALTER TABLE event ADD COLUMN orphan TEXT;

    CREATE TABLE orphan (
      merchant TEXT NOT NULL,
      payment INTEGER NOT NULL CHECK (payment > 0),
      order_id TEXT,
      status TEXT NOT NULL,
      amount INTEGER CONSTRAINT orphan_amount CHECK (amount >= 0),
      currency TEXT,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      messages INTEGER NOT NULL CONSTRAINT orphan_messages CHECK (messages >= 1),
      PRIMARY KEY (merchant, payment),
      CONSTRAINT orphan_currency CHECK ((amount IS NULL) = (currency IS NULL))
    ) STRICT, WITHOUT ROWID;
    INSERT INTO orphan (merchant, payment, order_id, status, first_at, last_at, messages)
      SELECT merchant, payment, max(order_id), 'pending', min(at), max(at), count(*) FROM message
      WHERE reading = 'orphan' AND payment IS NOT NULL GROUP BY merchant, payment;

    CREATE INDEX payment_open ON payment (status, changed_at) WHERE status IN ('authorized', 'unknown');
    CREATE INDEX operation_open ON operation (status, requested_at) WHERE status IN ('requested', 'sent', 'unknown');
    CREATE INDEX link_open ON link (status, created_at) WHERE status IN ('creating', 'active', 'review');
    """
}
