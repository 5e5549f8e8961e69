/* Clients that hold connections and do next to nothing with them. Keeps N up at once: whom the server drops comes back within a second. One thread, epoll.

   slow idle|heads|bodies|readers PORT CONNECTIONS SECONDS [TARGET [KEY]]

   idle      connects and stays silent
   heads     sends a head, a byte a second, that never ends
   bodies    sends a head that promises a body of 60,000 bytes, then a byte a second
   readers   asks for TARGET eight times in a row, with a small receive buffer, and never reads

   Prints one line of JSON: connections opened, how many the server ended, how many stood at the end, and the most that stood at once. */
#define _GNU_SOURCE
#include "measure.h"
#include <signal.h>
#include <sys/epoll.h>

/* How many are opened in one turn of 10 ms: the server's accept queue has a bound, and a flood that only fills it proves nothing. */
enum { OPENED_IN_A_TURN = 200 };
enum kind { IDLE, HEADS, BODIES, READERS };

struct connection {
  int fd, stands;
};

static enum kind kind;
static uint16_t port;
static int wanted, standing, most, poll_fd;
static long opened, ended, failed;
static char first[8192];
static struct connection *connections;

static void write_first(const char *target, const char *key) {
  switch (kind) {
  case IDLE: break;
  case HEADS: snprintf(first, sizeof first, "GET /v1/payment-links HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "); break;
  case BODIES:
    snprintf(first, sizeof first, "POST /v1/payment-links HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nIdempotency-Key: slow\r\n"
      "Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{", key);
    break;
  case READERS: {
    char one[768];
    int length = snprintf(one, sizeof one, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n", target, key);
    for (int i = 0; i < 8; i++) memcpy(first + i * length, one, (size_t)length + 1);
  }
  }
}

static void open_one(struct connection *c) {
  c->stands = 0;
  c->fd = connecting_socket(port, (int)(c - connections), kind == READERS ? 2048 : 0);
  if (c->fd < 0) { failed++; return; }
  opened++;
  struct epoll_event event = {.events = EPOLLOUT | EPOLLRDHUP, .data.ptr = c};
  if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &event)) die("epoll_ctl");
}

static void close_one(struct connection *c) {
  if (c->stands) { standing--; ended++; } else failed++;
  c->stands = 0;
  close(c->fd);
  c->fd = -1;
}

/* A reader does not read; the others look whether they were answered, and then go. */
static void event_on(struct connection *c, uint32_t events) {
  if (!c->stands && (events & EPOLLOUT) && !(events & (EPOLLERR | EPOLLHUP))) {
    c->stands = 1;
    if (++standing > most) most = standing;
    if (*first && send(c->fd, first, strlen(first), MSG_NOSIGNAL) < 0) { close_one(c); return; }
    struct epoll_event event = {.events = kind == READERS ? EPOLLRDHUP : EPOLLIN | EPOLLRDHUP, .data.ptr = c};
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, c->fd, &event);
    return;
  }
  if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP | EPOLLIN)) close_one(c);
}

static void drip(void) {
  if (kind != HEADS && kind != BODIES) return;
  for (int i = 0; i < wanted; i++)
    if (connections[i].fd >= 0 && connections[i].stands && send(connections[i].fd, " ", 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN) close_one(&connections[i]);
}

int main(int count, char **arguments) {
  static const char *const kinds[] = {"idle", "heads", "bodies", "readers"};
  int which = 0;
  while (count >= 5 && which < 4 && strcmp(arguments[1], kinds[which])) which++;
  if (count < 5 || which == 4 || (which >= 2 && count < 7)) {
    fprintf(stderr, "usage: slow idle|heads|bodies|readers PORT CONNECTIONS SECONDS [TARGET KEY]\n");
    return 64;
  }
  kind = (enum kind)which;
  port = (uint16_t)atoi(arguments[2]);
  wanted = atoi(arguments[3]);
  if (wanted < 1) return 64;
  int64_t end = now_ns() + (int64_t)(atof(arguments[4]) * 1e9), next_drip = now_ns() + 1000000000;
  write_first(count > 5 ? arguments[5] : "/", count > 6 ? arguments[6] : "");
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  connections = calloc((size_t)wanted, sizeof *connections);
  poll_fd = epoll_create1(0);
  if (!connections || poll_fd < 0) die("start");
  for (int i = 0; i < wanted; i++) connections[i].fd = -1;
  struct epoll_event events[512];
  int next = 0;
  for (int64_t now; (now = now_ns()) < end;) {
    for (int tried = 0, begun = 0; tried < wanted && begun < OPENED_IN_A_TURN; tried++, next = (next + 1) % wanted)
      if (connections[next].fd < 0) { open_one(&connections[next]); begun++; }
    if (now >= next_drip) { drip(); next_drip = now + 1000000000; }
    int ready = epoll_wait(poll_fd, events, 512, 10);
    for (int i = 0; i < ready; i++) event_on(events[i].data.ptr, events[i].events);
    /* Not a busy loop where all events are ready at once. */
    if (ready > 0) usleep(2000);
  }
  printf("{\"wanted\": %d, \"opened\": %ld, \"ended_by_server\": %ld, \"failed\": %ld, \"stood_at_end\": %d, \"most_at_once\": %d}\n", wanted, opened, ended,
    failed, standing, most);
  return 0;
}
