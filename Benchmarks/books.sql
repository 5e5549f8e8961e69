-- Books of a shop that has run for a while: links from :first to :last, nine of ten paid, one of a hundred still open for a year; payments, refunds, events, messages, answers, keys,
-- deliveries and tries of each. For psql, with the variables first, last, start (milliseconds of the first link) and step (milliseconds between two); the tests of query
-- plans read it too, so each statement ends a line with its semicolon, and no other line does.
INSERT INTO link (id, merchant, order_id, client_token, short_token, return_token, created_at, expires_at, is_test, terms, status, sequence, is_live, holds_order, flags,
  look_rank, next_look_at, openings)
SELECT 'pl_' || lpad(n::text, 26, '0'), 'main', 'O' || n, '1' || substr(md5(n::text), 1, 25), '2' || substr(md5(n::text), 1, 25), '3' || substr(md5(n::text), 1, 25),
  :start + n::bigint * :step, :start + n::bigint * :step + CASE WHEN n % 100 = 0 THEN 31536000000 ELSE 86400000 END, 0,
  '{"addresses":{},"amount":{"exactly":{"_0":{"currency":"UZS","minorUnits":15000000}}},"capture":"automatic","customer":{"email":"payer@example.uz","phone":"+998901234567"},"description":"Order","isTest":false,"lifetime":[4683,12697613104153231360],"metadata":{"cart":"1"},"options":{"values":{}},"wantsQR":false}',
  CASE WHEN n % 100 = 0 THEN 'active' WHEN n % 10 = 1 THEN 'expired' ELSE 'completed' END, 3, (n % 10 <> 1)::int, (n % 10 <> 1)::int,
  CASE WHEN n % 1000 = 0 THEN 1 ELSE 0 END, 4, CASE WHEN n % 100 = 0 THEN 9000000000000 + n END, 1
FROM generate_series(:first, :last) n;
INSERT INTO link_metadata SELECT 'main', 'cart', (n / 10)::text, :start + n::bigint * :step, 'pl_' || lpad(n::text, 26, '0') FROM generate_series(:first, :last) n;
INSERT INTO payment (link, ordinal, merchant, number, status, amount, currency, captured, refunded, flags, created_at, changed_at)
SELECT 'pl_' || lpad(n::text, 26, '0'), 1, 'main', n + 5000000000, CASE WHEN n % 100 = 0 THEN 'unknown' ELSE 'paid' END, 15000000, 'UZS', 15000000, 0, 0,
  :start + n::bigint * :step, :start + n::bigint * :step FROM generate_series(:first, :last) n;
INSERT INTO operation (link, ordinal, id, merchant, kind, payment, amount, currency, origin, requested_at, options, status, baseline, reference, looks)
SELECT 'pl_' || lpad(n::text, 26, '0'), 1, 're_' || lpad(n::text, 26, '0'), 'main', 'refund', 1, 100, 'UZS', 'api', :start + n::bigint * :step, '{"values":{}}',
  CASE WHEN n % 1000 = 0 THEN 'unknown' ELSE 'succeeded' END, '[]', n + 1000000000, 0 FROM generate_series(:first, :last) n WHERE n % 50 = 0;
INSERT INTO event (feed, id, merchant, link, sequence, kind, at, state)
SELECT n::bigint * 2 + 1 + k, 'evt_' || lpad((n::bigint * 2 + k)::text, 26, '0'), 'main', 'pl_' || lpad(n::text, 26, '0'), k + 2,
  CASE k WHEN 0 THEN 'payment_link.active' ELSE 'payment.paid' END, :start + n::bigint * :step,
  '{"openings":1,"operations":[],"payments":[{"amount":{"currency":"UZS","minorUnits":15000000},"captured":15000000,"changedAt":1795000000000,"createdAt":1795000000000,"flags":[],"id":5,"ordinal":1,"refunded":0,"status":"paid"}],"sequence":2,"status":"completed"}'
FROM generate_series(:first, :last) n, generate_series(0, 1) k;
INSERT INTO idempotency (caller, key, fingerprint, at, link)
SELECT 'shop', md5(n::text), repeat('a', 64), :start + n::bigint * :step, 'pl_' || lpad(n::text, 26, '0') FROM generate_series(:first, :last) n;
INSERT INTO message (at, merchant, source, payment, order_id, link, reading, verdict, is_remembered, digest, message)
SELECT :start + n::bigint * :step, 'main', 'result', n + 5000000000, 'O' || n, 'pl_' || lpad(n::text, 26, '0'), 'applied', '{"accept":{}}', 1, repeat(md5(n::text), 2),
  '{"pg_amount":"150000","pg_card_pan":"4177-49XX-XXXX-2827","pg_order_id":"A1001","pg_payment_id":"12345678","pg_result":"1","pg_user_phone":"998901234567"}'
FROM generate_series(:first, :last) n;
INSERT INTO answer SELECT 'main', repeat(md5(n::text), 2), :start + n::bigint * :step, '{"accept":{}}' FROM generate_series(:first, :last) n;
INSERT INTO endpoint (name, address, created_at, place, failures) VALUES ('crm', 'a', 0, 0, 0) ON CONFLICT DO NOTHING;
INSERT INTO delivery (endpoint, event, merchant, status, tries, due_at)
SELECT 'crm', n::bigint * 2 + 1, 'main', CASE WHEN n % 500 = 0 THEN 'waiting' WHEN n % 500 = 1 THEN 'dead' ELSE 'delivered' END, 1,
  CASE WHEN n % 500 = 0 THEN 9000000000000 + n END FROM generate_series(:first, :last) n;
INSERT INTO attempt (endpoint, event, at, milliseconds, http_status)
SELECT 'crm', n::bigint * 2 + 1, :start + n::bigint * :step, 12, 200 FROM generate_series(:first, :last) n;
INSERT INTO orphan (merchant, payment, status, first_at, last_at, messages)
SELECT 'main', n + 9000000000, 'failed', :start + n::bigint * :step, :start + n::bigint * :step, 1 FROM generate_series(:first, :last) n WHERE n % 100 = 0;
UPDATE feed_end SET last = (SELECT coalesce(max(feed), 0) FROM event);
