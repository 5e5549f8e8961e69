/* The floor of the first job: HTTP/1.1 over epoll with nothing in it. Finds the end of the head and the length of the body, and answers a fixed text in one
   send; it decodes nothing and has no deadlines. A thread a core, each with its own SO_REUSEPORT listener.

   server PORT */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 16 * 1024 };

struct connection {
  int fd, length;
  char in[ROOM + 1];
};

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 51\r\n\r\n"
  "{\"id\":\"A1001\",\"status\":\"created\",\"amount\":15000000}";
static int port;

/* Answers what is whole in the buffer; 0 where the connection is to be closed. */
static int serve(struct connection *c) {
  for (;;) {
    c->in[c->length] = 0;
    char *end = strstr(c->in, "\r\n\r\n");
    if (!end) return c->length < ROOM;
    char *field = strcasestr(c->in, "\r\ncontent-length:");
    long body = field && field < end ? strtol(field + 17, NULL, 10) : 0, whole = end + 4 - c->in + body;
    if (body < 0 || whole > ROOM) return 0;
    if (c->length < whole) return 1;
    if (send(c->fd, answer, sizeof answer - 1, MSG_NOSIGNAL) != (ssize_t)sizeof answer - 1) return 0;
    memmove(c->in, c->in + whole, (size_t)(c->length - whole));
    c->length -= (int)whole;
  }
}

static void *loop(void *unused) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1, poll = epoll_create1(0);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 1024)) { perror("listen"); exit(1); }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (!c) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0 || !(c = calloc(1, sizeof *c))) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c->fd = fd;
        event = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
        continue;
      }
      ssize_t count = recv(c->fd, c->in + c->length, (size_t)(ROOM - c->length), 0);
      if (count < 0 && errno == EAGAIN) continue;
      if (count > 0) c->length += (int)count;
      if (count <= 0 || !serve(c)) {
        close(c->fd);
        free(c);
      }
    }
  }
  return unused;
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: server PORT\n");
    return 64;
  }
  port = atoi(arguments[1]);
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  pthread_t thread;
  for (long i = 1; i < cores; i++) pthread_create(&thread, NULL, loop, NULL);
  loop(NULL);
}
