/* Load on paylink: a closed loop, or a paced one, over many kept connections. One thread, epoll. Every answer is judged; latencies are kept one by one.

   load create   --port P --key KEY [--record FILE]        makes links; --record keeps "link order payment" of each
   load callback --port P --secret S --from FILE           a signed result for each line of FILE, until they are used up; each must be answered ok
   load read     --port P --key KEY --from FILE            reads links of FILE in a random order
   load list     --port P --key KEY                        the newest 20 links

   --connections N   open connections, all kept (1)
   --in-flight N     requests under way at most, going round over the connections (N of --connections)
   --seconds S       how long (5)
   --wait S          between connecting and the first request (0)
   --rate R          requests a second; a latency then counts from when the request was due, so that waiting is not left out. 0: as fast as they are answered

   Prints one line of JSON. */
#define _GNU_SOURCE
#include "measure.h"
#include "sign.h"
#include <getopt.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

enum { IN_ROOM = 256 * 1024, OUT_ROOM = 4096 };
enum kind { CREATE, CALLBACK, READ, LIST };

struct connection {
  int fd, busy, out_length, out_sent, in_length;
  int64_t due;
  char *in, out[OUT_ROOM];
  char order[40];
};

static struct {
  enum kind kind;
  uint16_t port;
  int connections, in_flight;
  double seconds, rate, wait;
  const char *key, *secret, *from, *record;
} options = {.connections = 1, .seconds = 5};

/* The lines of --from. */
struct target { char link[32], order[52], payment[24]; };
static struct target *targets;
static size_t target_count, target_next;

static struct connection *connections;
static int *free_ring, free_head, free_count, busy_count, poll_fd;
static struct latencies latencies;
static uint64_t request_number, run_number;
static long errors, reconnects;
static int is_over;
static FILE *record;

static void read_targets(void) {
  FILE *file = fopen(options.from, "r");
  if (!file) die(options.from);
  size_t room = 0;
  struct target t;
  while (fscanf(file, "%31s %51s %23s", t.link, t.order, t.payment) == 3) {
    if (target_count == room) {
      room = room ? room * 2 : 4096;
      targets = realloc(targets, room * sizeof *targets);
      if (!targets) die("realloc");
    }
    targets[target_count++] = t;
  }
  fclose(file);
  if (!target_count) { fprintf(stderr, "%s holds no links\n", options.from); exit(1); }
}

static int form_text(char *out, size_t room, const struct field *fields, int count) {
  int length = 0;
  for (int i = 0; i < count; i++) {
    length += snprintf(out + length, room - (size_t)length, "%s%s=", i ? "&" : "", fields[i].name);
    for (const char *c = fields[i].value; *c; c++)
      length += snprintf(out + length, room - (size_t)length, (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || *c == '-' || *c == '.' || *c == '_' ? "%c" : "%%%02X", (unsigned char)*c);
  }
  return length;
}

/* The result of a paid order as the acquirer tells it (protocol 4.1). */
static int callback_body(char *out, size_t room, const struct target *t) {
  char salt[17], sig[33];
  snprintf(salt, sizeof salt, "%016llx", (unsigned long long)mixed(run_number + request_number));
  struct field fields[] = {
    {"pg_order_id", t->order}, {"pg_payment_id", t->payment}, {"pg_amount", "150000"}, {"pg_currency", "UZS"}, {"pg_ps_amount", "150000"},
    {"pg_ps_full_amount", "150000"}, {"pg_ps_currency", "UZS"}, {"pg_net_amount", "144750"}, {"pg_description", "An order"}, {"pg_result", "1"},
    {"pg_payment_date", "2026-01-01 12:00:00"}, {"pg_can_reject", "1"}, {"pg_need_phone_notification", "0"}, {"pg_need_email_notification", "0"},
    {"pg_payment_method", "bankcard"}, {"pg_captured", "1"}, {"pg_reference", "303978770117"}, {"pg_card_pan", "4400-44XX-XXXX-4440"},
    {"pg_card_exp", "08/29"}, {"pg_card_owner", "CARD HOLDER"}, {"pg_card_brand", "VI"}, {"pg_auth_code", "890819"}, {"paylink_link", t->link},
    {"pg_salt", salt}, {"pg_sig", ""}};
  int count = sizeof fields / sizeof *fields;
  sign_fields(fields, count, "result", options.secret, sig);
  for (int i = 0; i < count; i++)
    if (!strcmp(fields[i].name, "pg_sig")) fields[i].value = sig;
  return form_text(out, room, fields, count);
}

/* Writes the next request; 0 where there is none left. */
static int next_request(struct connection *c) {
  char body[3072];
  int length = 0;
  request_number++;
  switch (options.kind) {
  case CREATE:
    snprintf(c->order, sizeof c->order, "L%llxx%llu", (unsigned long long)run_number, (unsigned long long)request_number);
    length = snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"amount\":15000000,\"currency\":\"UZS\",\"description\":\"Order %s\"}", c->order, c->order);
    c->out_length = snprintf(c->out, OUT_ROOM, "POST /v1/payment-links HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nIdempotency-Key: %s\r\n"
      "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", options.key, c->order, length, body);
    break;
  case CALLBACK:
    if (target_next == target_count) return 0;
    length = callback_body(body, sizeof body, &targets[target_next++]);
    c->out_length = snprintf(c->out, OUT_ROOM, "POST /callbacks/main/result HTTP/1.1\r\nHost: 127.0.0.1\r\n"
      "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", length, body);
    break;
  case READ:
    c->out_length = snprintf(c->out, OUT_ROOM, "GET /v1/payment-links/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n",
      targets[mixed(run_number + request_number) % target_count].link, options.key);
    break;
  case LIST:
    c->out_length = snprintf(c->out, OUT_ROOM, "GET /v1/payment-links?limit=20 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n", options.key);
    break;
  }
  c->out_sent = 0;
  return 1;
}

static void text_after(const char *body, const char *mark, const char *stop, char *out, size_t room) {
  const char *at = strstr(body, mark);
  *out = 0;
  if (at) snprintf(out, room, "%.*s", (int)strcspn(at + strlen(mark), stop), at + strlen(mark));
}

/* Whether a whole answer is the right one. */
static int is_right(const struct connection *c, int status, const char *body) {
  switch (options.kind) {
  case CREATE: {
    char link[32], payment[24];
    if (status != 201 || !strstr(body, "\"status\":\"active\"")) return 0;
    if (!record) return 1;
    text_after(body, "\"id\":\"", "\"", link, sizeof link);
    const char *payments = strstr(body, "\"payments\":[{");
    text_after(payments ? payments : "", "\"id\":", ",}", payment, sizeof payment);
    if (!*link || !*payment) return 0;
    fprintf(record, "%s %s %s\n", link, c->order, payment);
    return 1;
  }
  case CALLBACK: return status == 200 && strstr(body, "<pg_status>ok</pg_status>") != NULL;
  case READ: return status == 200 && strstr(body, "\"object\":\"payment_link\"") != NULL;
  case LIST: return status == 200 && strstr(body, "\"has_more\"") != NULL;
  }
  return 0;
}

static void watch(struct connection *c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(poll_fd, operation, c->fd, &event)) die("epoll_ctl");
}

static void open_connection(struct connection *c) {
  c->fd = connecting_socket(options.port, (int)(c - connections), 0);
  if (c->fd < 0) die("connect");
  c->busy = 0;
  c->in_length = 0;
  watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

static void wrong(struct connection *c, const char *what) {
  if (errors++ < 3) fprintf(stderr, "load: %s: %.300s\n", what, c->in_length ? c->in : "");
}

static void send_more(struct connection *c) {
  while (c->out_sent < c->out_length) {
    ssize_t count = send(c->fd, c->out + c->out_sent, (size_t)(c->out_length - c->out_sent), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN) watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      return;
    }
    c->out_sent += (int)count;
  }
}

static void start_one(int64_t due) {
  struct connection *c = &connections[free_ring[free_head]];
  if (!next_request(c)) { is_over = 1; return; }
  free_head = (free_head + 1) % options.connections;
  free_count--;
  busy_count++;
  c->busy = 1;
  c->due = due;
  send_more(c);
}

static void release(struct connection *c) {
  free_ring[(free_head + free_count++) % options.connections] = (int)(c - connections);
  busy_count--;
  c->busy = 0;
}

/* Takes a whole answer out of the buffer, if it is there. */
static void take_answer(struct connection *c) {
  c->in[c->in_length] = 0;
  char *end = memmem(c->in, (size_t)c->in_length, "\r\n\r\n", 4);
  if (!end) return;
  char *field = strcasestr(c->in, "\r\ncontent-length:");
  if (!field || field > end || c->in_length < 12) { wrong(c, "an answer without a length"); exit(1); }
  int whole = (int)(end + 4 - c->in) + atoi(field + 17);
  if (whole > IN_ROOM) { wrong(c, "too long an answer"); exit(1); }
  if (c->in_length < whole) return;
  if (!c->busy) { wrong(c, "an answer that nobody asked for"); return; }
  latency_add(&latencies, now_ns() - c->due);
  if (!is_right(c, atoi(c->in + 9), end + 4)) wrong(c, "a wrong answer");
  c->in_length = 0;
  release(c);
}

static void reconnect(struct connection *c) {
  if (c->busy) { wrong(c, "the connection was closed on a request"); release(c); }
  reconnects++;
  close(c->fd);
  open_connection(c);
}

static void readable(struct connection *c) {
  for (;;) {
    ssize_t count = recv(c->fd, c->in + c->in_length, (size_t)(IN_ROOM - c->in_length), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) { reconnect(c); return; }
    c->in_length += (int)count;
    take_answer(c);
    if (c->in_length < 4096) return;
  }
}

/* Opens all connections and waits until they stand, so that connecting is not measured. */
static void open_all(void) {
  connections = calloc((size_t)options.connections, sizeof *connections);
  free_ring = calloc((size_t)options.connections, sizeof *free_ring);
  for (int i = 0; i < options.connections; i++) {
    struct connection *c = &connections[i];
    c->in = malloc(IN_ROOM + 1);
    if (!c->in) die("malloc");
    open_connection(c);
    free_ring[free_count++] = i;
    /* A thousand at a time: the accept queue has a bound. */
    if (i % 500 == 499) usleep(20000);
  }
  usleep(200000);
  for (int i = 0; i < options.connections; i++) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connections[i].fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) { errno = error; die("a connection did not stand"); }
  }
}

static void run(void) {
  int64_t start = now_ns(), end = start + (int64_t)(options.seconds * 1e9), due = start, stop = end;
  struct epoll_event events[512];
  int timer = -1;
  if (options.rate > 0) {
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, timer, &event);
  }
  for (;;) {
    int64_t now = now_ns();
    if (now >= end) is_over = 1;
    if (is_over && (!busy_count || now >= end + 5000000000)) { stop = now; break; }
    while (!is_over && free_count && busy_count < options.in_flight) {
      if (options.rate <= 0) { start_one(now_ns()); continue; }
      if (due > now) break;
      start_one(due);
      due += (int64_t)(1e9 / options.rate);
    }
    if (timer >= 0 && !is_over) {
      struct itimerspec when = {.it_value = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000}};
      timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
    }
    int ready = epoll_wait(poll_fd, events, 512, 100);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      uint64_t ticks;
      if (!c) { if (read(timer, &ticks, sizeof ticks) < 0 && errno != EAGAIN) die("timer"); continue; }
      if (events[i].events & EPOLLOUT) { watch(c, EPOLL_CTL_MOD, EPOLLIN); send_more(c); }
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(c);
    }
  }
  double took = (double)(stop - start) / 1e9;
  latency_sort(&latencies);
  printf("{\"requests\": %zu, \"seconds\": %.3f, \"rps\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, \"errors\": %ld, "
    "\"unanswered\": %d, \"reconnects\": %ld}\n", latencies.count, took, (double)latencies.count / took, latency_at(&latencies, 0.5),
    latency_at(&latencies, 0.99), latency_at(&latencies, 1), errors, busy_count, reconnects);
}

static void usage(void) {
  fprintf(stderr, "usage: load create|callback|read|list --port P [--key K] [--secret S] [--from FILE] [--record FILE] [--connections N] [--in-flight N] "
    "[--seconds S] [--wait S] [--rate R]\n");
  exit(64);
}

static void read_options(int count, char **arguments) {
  static const struct option names[] = {{"port", 1, 0, 'p'}, {"key", 1, 0, 'k'}, {"secret", 1, 0, 's'}, {"from", 1, 0, 'f'}, {"record", 1, 0, 'o'},
    {"connections", 1, 0, 'c'}, {"in-flight", 1, 0, 'i'}, {"seconds", 1, 0, 't'}, {"rate", 1, 0, 'r'}, {"wait", 1, 0, 'w'}, {0}};
  static const char *const kinds[] = {"create", "callback", "read", "list"};
  if (count < 2) usage();
  int kind = 0;
  while (kind < 4 && strcmp(arguments[1], kinds[kind])) kind++;
  if (kind == 4) usage();
  options.kind = (enum kind)kind;
  for (int letter; (letter = getopt_long(count - 1, arguments + 1, "", names, NULL)) != -1;) switch (letter) {
    case 'p': options.port = (uint16_t)atoi(optarg); break;
    case 'k': options.key = optarg; break;
    case 's': options.secret = optarg; break;
    case 'f': options.from = optarg; break;
    case 'o': options.record = optarg; break;
    case 'c': options.connections = atoi(optarg); break;
    case 'i': options.in_flight = atoi(optarg); break;
    case 't': options.seconds = atof(optarg); break;
    case 'r': options.rate = atof(optarg); break;
    case 'w': options.wait = atof(optarg); break;
    default: usage();
  }
  if (!options.port || options.connections < 1) usage();
  if (options.in_flight < 1 || options.in_flight > options.connections) options.in_flight = options.connections;
  if (kind == CALLBACK ? !options.secret || !options.from : !options.key) usage();
  if (kind == READ && !options.from) usage();
}

int main(int count, char **arguments) {
  read_options(count, arguments);
  raise_descriptor_limit();
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  /* Two that run at once make different orders. */
  run_number = ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000) << 16 | (uint64_t)(getpid() & 0xffff);
  if (options.from) read_targets();
  if (options.record && !(record = fopen(options.record, "a"))) die(options.record);
  if ((poll_fd = epoll_create1(0)) < 0) die("epoll_create1");
  open_all();
  if (options.wait > 0) usleep((useconds_t)(options.wait * 1e6));
  run();
  if (record && fclose(record)) die("record");
  return errors || busy_count ? 2 : 0;
}
