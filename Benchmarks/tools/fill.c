/* Writes links straight into an SQLite file that `paylink migrate` made, as they would stand after months: of ten links seven are paid (three events, the result's
   message and its remembered answer), three have expired (two events); each has its payment and its idempotency key. The newest of all are still active.

   fill FILE LINKS ACTIVE ACTIVE-FILE SAMPLE-FILE

   ACTIVE of the LINKS are active. ACTIVE-FILE gets a line "link order payment" of each of them, SAMPLE-FILE of up to 100,000 of all, evenly spread.
   A row's columns are named, and what the schema demands it judges itself: a schema that has moved on fails here, and does not pass unseen. */
#define _GNU_SOURCE
#include "measure.h"
#include <sqlite3.h>
#include <stdarg.h>

static sqlite3 *db;
static int64_t links, active, begin_ms, step_ms;

static void fail(const char *what) {
  fprintf(stderr, "fill: %s: %s\n", what, sqlite3_errmsg(db));
  exit(1);
}

static void run(const char *sql) {
  if (sqlite3_exec(db, sql, NULL, NULL, NULL)) fail(sql);
}

static sqlite3_stmt *prepared(const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL)) fail(sql);
  return statement;
}

/* Binds in order: t a text, i a number, n nothing, x nothing in the place of a number that is given. */
static void insert(sqlite3_stmt *statement, const char *kinds, ...) {
  va_list values;
  va_start(values, kinds);
  for (int place = 1; *kinds; kinds++, place++) switch (*kinds) {
    case 't': sqlite3_bind_text(statement, place, va_arg(values, const char *), -1, SQLITE_STATIC); break;
    case 'i': sqlite3_bind_int64(statement, place, va_arg(values, int64_t)); break;
    case 'x': (void)va_arg(values, int64_t); /* fall through */
    default: sqlite3_bind_null(statement, place);
  }
  va_end(values);
  if (sqlite3_step(statement) != SQLITE_DONE) fail(sqlite3_sql(statement));
  sqlite3_reset(statement);
}

/* 128 bits as 26 characters of Crockford's alphabet, as paylink writes ids and tokens. */
static void base32(unsigned __int128 number, char out[27]) {
  for (int i = 25; i >= 0; i--, number >>= 5) out[i] = "0123456789abcdefghjkmnpqrstvwxyz"[(int)(number & 31)];
  out[26] = 0;
}

static void token(uint64_t seed, char out[27]) {
  base32((unsigned __int128)mixed(seed) << 64 | mixed(~seed), out);
}

/* An id that begins with its time. */
static void sortable(const char *prefix, int64_t ms, uint64_t seed, char out[40]) {
  char text[27];
  base32((unsigned __int128)(uint64_t)ms << 80 | (unsigned __int128)(mixed(seed) & 0xffff) << 64 | mixed(seed ^ 0x5bd1e995), text);
  snprintf(out, 40, "%s%s", prefix, text);
}

static void hex_digest(uint64_t seed, char out[65]) {
  for (int i = 0; i < 4; i++) snprintf(out + 16 * i, 17, "%016llx", (unsigned long long)mixed(seed + (uint64_t)i));
}

static struct { sqlite3_stmt *link, *payment, *event, *message, *answer, *idempotency; } into;

static void prepare_all(void) {
  into.link = prepared("INSERT INTO link (id, merchant, order_id, client_token, short_token, return_token, created_at, expires_at, is_test, terms, status, sequence, "
    "is_live, holds_order, flags, look_rank, next_look_at, openings, page_url, page_kind, page_expires_at) "
    "VALUES (?, 'main', ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, 0, ?, ?, 1, ?, 'need data', ?)");
  into.payment = prepared("INSERT INTO payment (link, ordinal, merchant, number, status, amount, currency, captured, refunded, method, card_number, card_brand, flags, "
    "paid_at, created_at, changed_at) VALUES (?, 1, 'main', ?, ?, ?, ?, ?, 0, ?, ?, ?, 0, ?, ?, ?)");
  into.event = prepared("INSERT INTO event (id, merchant, link, sequence, kind, at, state) VALUES (?, 'main', ?, ?, ?, ?, ?)");
  into.message = prepared("INSERT INTO message (at, merchant, source, payment, order_id, link, reading, verdict, is_remembered, digest, message) "
    "VALUES (?, 'main', 'result', ?, ?, ?, 'applied', '{\"accept\":{}}', 1, ?, ?)");
  into.answer = prepared("INSERT INTO answer (merchant, digest, at, verdict) VALUES ('main', ?, ?, '{\"accept\":{}}')");
  into.idempotency = prepared("INSERT INTO idempotency (caller, key, fingerprint, at, link) VALUES ('bench', ?, ?, ?, ?)");
}

struct one {
  int64_t number, created, expires, paid;
  char id[40], order[40], payment[24], url[96];
};

static struct one link_number(int64_t i) {
  struct one l = {.number = 1000000000 + i, .created = begin_ms + i * step_ms};
  l.expires = l.created + 86400000;
  l.paid = l.created + 300000;
  sortable("pl_", l.created, (uint64_t)i, l.id);
  snprintf(l.order, sizeof l.order, "F%lld", (long long)i);
  snprintf(l.payment, sizeof l.payment, "%lld", (long long)l.number);
  snprintf(l.url, sizeof l.url, "https://customer.example/pay.html?customer=%016llx%016llx", (unsigned long long)mixed((uint64_t)i), (unsigned long long)mixed(~(uint64_t)i));
  return l;
}

static const char terms[] = "{\"addresses\":{},\"amount\":{\"exactly\":{\"_0\":{\"currency\":\"UZS\",\"minorUnits\":15000000}}},\"capture\":\"automatic\",\"customer\":{},"
  "\"description\":\"An order\",\"isTest\":false,\"lifetime\":[4683,13897502818169782272],\"metadata\":{},\"options\":{\"values\":{}},\"wantsQR\":false}";

static void event(const struct one *l, int64_t sequence, const char *kind, const char *status, int64_t at, int is_paid) {
  char id[40], state[1024], payment[512];
  sortable("evt_", at, (uint64_t)(l->number * 8 + sequence), id);
  if (is_paid)
    snprintf(payment, sizeof payment, "{\"amount\":{\"currency\":\"UZS\",\"minorUnits\":15000000},\"captured\":15000000,\"card\":{\"brand\":\"VI\",\"maskedNumber\":"
      "\"4400-44XX-XXXX-4440\"},\"changedAt\":%lld,\"createdAt\":%lld,\"flags\":[],\"id\":%s,\"method\":\"bankcard\",\"ordinal\":1,\"paidAt\":%lld,\"refunded\":0,"
      "\"status\":\"paid\"}", (long long)l->paid, (long long)l->created, l->payment, (long long)l->paid);
  else
    snprintf(payment, sizeof payment, "{\"captured\":0,\"changedAt\":%lld,\"createdAt\":%lld,\"flags\":[],\"id\":%s,\"ordinal\":1,\"refunded\":0,\"status\":\"pending\"}",
      (long long)l->created, (long long)l->created, l->payment);
  snprintf(state, sizeof state, "{\"openings\":1,\"operations\":[],\"page\":{\"expiresAt\":%lld,\"kind\":\"need data\",\"url\":\"%s\"},\"payments\":[%s],\"sequence\":%lld,"
    "\"status\":\"%s\"}", (long long)l->expires, l->url, payment, (long long)sequence, status);
  insert(into.event, "ttitit", id, l->id, sequence, kind, at, state);
}

static void result_message(const struct one *l) {
  char digest[65], message[1400];
  hex_digest((uint64_t)l->number * 16, digest);
  snprintf(message, sizeof message, "[[\"pg_order_id\",\"%s\"],[\"pg_payment_id\",\"%s\"],[\"pg_amount\",\"150000\"],[\"pg_currency\",\"UZS\"],[\"pg_ps_amount\",\"150000\"],"
    "[\"pg_ps_full_amount\",\"150000\"],[\"pg_ps_currency\",\"UZS\"],[\"pg_net_amount\",\"144750\"],[\"pg_description\",\"An order\"],[\"pg_result\",\"1\"],"
    "[\"pg_payment_date\",\"2026-01-01 12:00:00\"],[\"pg_can_reject\",\"1\"],[\"pg_need_phone_notification\",\"0\"],[\"pg_need_email_notification\",\"0\"],"
    "[\"pg_payment_method\",\"bankcard\"],[\"pg_captured\",\"1\"],[\"pg_reference\",\"303978770117\"],[\"pg_card_pan\",\"4400-44XX-XXXX-4440\"],"
    "[\"pg_card_exp\",\"<withheld>\"],[\"pg_card_owner\",\"<withheld>\"],[\"pg_card_brand\",\"VI\"],[\"pg_auth_code\",\"890819\"],[\"paylink_link\",\"%s\"],"
    "[\"pg_salt\",\"%016llx\"],[\"pg_sig\",\"%.32s\"]]", l->order, l->payment, l->id, (unsigned long long)mixed((uint64_t)l->number), digest);
  insert(into.message, "iitttt", l->paid, l->number, l->order, l->id, digest, message);
  insert(into.answer, "ti", digest, l->paid);
}

static void write_link(int64_t i) {
  struct one l = link_number(i);
  int is_active = i >= links - active, is_paid = !is_active && i % 10 < 7;
  const char *status = is_active ? "active" : is_paid ? "completed" : "expired";
  char client[27], shorter[27], returning[27], fingerprint[65];
  if (is_active) l.expires = l.created + 90LL * 86400000;
  token((uint64_t)i * 4 + 1, client);
  token((uint64_t)i * 4 + 2, shorter);
  token((uint64_t)i * 4 + 3, returning);
  int64_t sequence = is_active ? 2 : is_paid ? 4 : 3, holds = !(!is_active && !is_paid);
  insert(into.link, is_active ? "tttttiittiiiiiti" : "tttttiittiiiixti", l.id, l.order, client, shorter, returning, l.created, l.expires, terms, status, sequence, holds, holds,
    (int64_t)(is_active || is_paid ? 4 : 3), l.expires, l.url, l.expires);
  if (is_paid)
    insert(into.payment, "titititttiii", l.id, l.number, "paid", (int64_t)15000000, "UZS", (int64_t)15000000, "bankcard", "4400-44XX-XXXX-4440", "VI", l.paid, l.created, l.paid);
  else insert(into.payment, "titnninnnnii", l.id, l.number, "pending", (int64_t)0, l.created, l.created);
  event(&l, 2, "payment_link.active", "active", l.created, 0);
  if (is_paid) {
    event(&l, 3, "payment.paid", "completed", l.paid, 1);
    event(&l, 4, "payment_link.completed", "completed", l.paid, 1);
    result_message(&l);
  } else if (!is_active) event(&l, 3, "payment_link.expired", "expired", l.expires, 0);
  hex_digest((uint64_t)l.number * 32, fingerprint);
  insert(into.idempotency, "ttit", l.order, fingerprint, l.created, l.id);
}

/* Indexes that are no constraint are dropped and made again from sorted rows: many times quicker than row by row. */
static char **drop_indexes(int *count) {
  char **made = NULL;
  sqlite3_stmt *names = prepared("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL");
  char drops[8192] = "";
  for (*count = 0; sqlite3_step(names) == SQLITE_ROW; (*count)++) {
    made = realloc(made, (size_t)(*count + 1) * sizeof *made);
    made[*count] = strdup((const char *)sqlite3_column_text(names, 1));
    size_t length = strlen(drops);
    snprintf(drops + length, sizeof drops - length, "DROP INDEX %s;", (const char *)sqlite3_column_text(names, 0));
  }
  sqlite3_finalize(names);
  run(drops);
  return made;
}

static void write_lines(const char *active_path, const char *sample_path) {
  FILE *actives = fopen(active_path, "w"), *sample = fopen(sample_path, "w");
  if (!actives || !sample) die("lists");
  int64_t every = links > 100000 ? links / 100000 : 1;
  for (int64_t i = 0; i < links; i++) {
    int is_active = i >= links - active;
    if (!is_active && i % every) continue;
    struct one l = link_number(i);
    if (is_active) fprintf(actives, "%s %s %s\n", l.id, l.order, l.payment);
    if (i % every == 0) fprintf(sample, "%s %s %s\n", l.id, l.order, l.payment);
  }
  if (fclose(actives) || fclose(sample)) die("lists");
}

int main(int count, char **arguments) {
  if (count != 6 || (links = atoll(arguments[2])) < 1 || (active = atoll(arguments[3])) < 0 || active > links) {
    fprintf(stderr, "usage: fill FILE LINKS ACTIVE ACTIVE-FILE SAMPLE-FILE\n");
    return 64;
  }
  if (sqlite3_open_v2(arguments[1], &db, SQLITE_OPEN_READWRITE, NULL)) fail("open");
  /* A broken file is thrown away and filled anew, so nothing needs to be safe while it is filled. */
  run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -4000000; PRAGMA threads = 2;");
  step_ms = links < 1000000 ? 1000 : 15552000000LL / links;
  if (step_ms < 1) step_ms = 1;
  begin_ms = (int64_t)time(NULL) * 1000 - 60000 - links * step_ms;
  int indexes;
  char **made = drop_indexes(&indexes);
  prepare_all();
  int64_t start = now_ns();
  run("BEGIN");
  for (int64_t i = 0; i < links; i++) {
    write_link(i);
    if (i % 200000 == 199999) run("COMMIT; BEGIN");
    if (i % 1000000 == 999999) fprintf(stderr, "fill: %lld links after %lld s\n", (long long)i + 1, (long long)((now_ns() - start) / 1000000000));
  }
  run("COMMIT");
  for (int i = 0; i < indexes; i++) run(made[i]);
  write_lines(arguments[4], arguments[5]);
  sqlite3_finalize(into.link), sqlite3_finalize(into.payment), sqlite3_finalize(into.event);
  sqlite3_finalize(into.message), sqlite3_finalize(into.answer), sqlite3_finalize(into.idempotency);
  if (sqlite3_close(db)) fail("close");
  fprintf(stderr, "fill: %lld links and %d indexes in %lld s\n", (long long)links, indexes, (long long)((now_ns() - start) / 1000000000));
}
