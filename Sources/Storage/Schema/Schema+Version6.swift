extension Schema {
  /// What growing books need: what is past its time is found by an index (`paylink prune`); in PostgreSQL places in the feed are given after the commit, and what
  /// comes with every call stands in partitions by month, of which a whole one is dropped at a time.
  static func version6(_ dialect: Dialect) -> String {
    """
    CREATE INDEX answer_at ON answer (at);
    CREATE INDEX idempotency_at ON idempotency (at);
    CREATE INDEX orphan_last ON orphan (last_at);
    \(dialect == .sqlite ? plainTables : places + partitioned("message") + attemptsOfBefore + partitioned("attempt") + attempts)
    """
  }

  private static let plainTables = """
    CREATE INDEX message_at ON message (at);
    CREATE INDEX attempt_at ON attempt (at);
    """

  /// `number` is the order of writing, `feed` the place, NULL until it is given; `feed_end` is the last place, and the right to give the next.
  /// A program of before adds events without a place, and reads those that have one.
  private static let places = """
    ALTER TABLE delivery DROP CONSTRAINT delivery_event_fkey;
    ALTER TABLE event RENAME COLUMN feed TO number;
    ALTER TABLE event ADD COLUMN feed INTEGER;
    UPDATE event SET feed = number;
    ALTER TABLE event ADD CONSTRAINT event_feed UNIQUE (feed);
    ALTER TABLE delivery ADD CONSTRAINT delivery_event_fkey FOREIGN KEY (event) REFERENCES event (feed);
    CREATE INDEX event_waiting ON event (number) WHERE feed IS NULL;
    DROP INDEX event_merchant;
    CREATE INDEX event_merchant ON event (merchant, feed);
    DROP INDEX event_link;
    CREATE INDEX event_link ON event (link, sequence, number) WHERE link IS NOT NULL;
    CREATE TABLE feed_end (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      last INTEGER NOT NULL CHECK (last >= 0)
    );
    INSERT INTO feed_end SELECT 1, coalesce(max(feed), 0) FROM event;

    """

  /// Rows of before become one partition, up to the month after the youngest of them: none is copied. The default partition takes what no other does, so that no
  /// insert ever fails; `PostgresPartitions` makes the months ahead.
  private static func partitioned(_ table: String) -> String {
    """
    ALTER TABLE \(table) RENAME TO \(table)_before;
    ALTER TABLE \(table)_before DROP CONSTRAINT \(table)_pkey;
    ALTER TABLE \(table)_before ALTER COLUMN number DROP IDENTITY;
    CREATE TABLE \(table) (LIKE \(table)_before INCLUDING CONSTRAINTS, PRIMARY KEY (at, number)) PARTITION BY RANGE (at);
    CREATE SEQUENCE \(table)_number OWNED BY \(table).number;
    ALTER TABLE \(table) ALTER COLUMN number SET DEFAULT nextval('\(table)_number');
    CREATE TABLE \(table)_default PARTITION OF \(table) DEFAULT;
    DO $$ DECLARE youngest INTEGER; border INTEGER;
    BEGIN
      SELECT max(at) INTO youngest FROM \(table)_before;
      IF youngest IS NULL THEN
        DROP TABLE \(table)_before;
      ELSE
        SELECT setval('\(table)_number', max(number)) INTO border FROM \(table)_before;
        border := extract(epoch FROM date_trunc('month', greatest(to_timestamp(youngest / 1000.0), now()) AT TIME ZONE 'UTC')
          + interval '1 month') * 1000;
        EXECUTE format('ALTER TABLE \(table) ATTACH PARTITION \(table)_before FOR VALUES FROM (MINVALUE) TO (%s)', border);
      END IF;
    END $$;

    """
  }

  /// A try needs no foreign key: it is written with its delivery's row, in one transaction.
  private static let attemptsOfBefore = """
    ALTER INDEX attempt_delivery RENAME TO attempt_before_delivery;
    ALTER TABLE attempt DROP CONSTRAINT attempt_endpoint_event_fkey;

    """
  private static let attempts = """
    CREATE INDEX attempt_delivery ON attempt (endpoint, event, number);
    """
}
