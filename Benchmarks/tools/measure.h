/* Clock, latencies and the few socket steps that the tools share. */
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline void die(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

/* Nanoseconds of the monotonic clock. */
static inline int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* 64 well-mixed bits of a number (splitmix64). */
static inline uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/* Every latency is kept, so that a percentile is exact. */
struct latencies {
  uint32_t *us;
  size_t count, room;
};

static inline void latency_add(struct latencies *all, int64_t ns) {
  if (all->count == all->room) {
    all->room = all->room ? all->room * 2 : 1 << 16;
    all->us = realloc(all->us, all->room * sizeof *all->us);
    if (!all->us) die("realloc");
  }
  all->us[all->count++] = (uint32_t)(ns / 1000);
}

static inline int latency_order(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static inline void latency_sort(struct latencies *all) {
  if (all->count) qsort(all->us, all->count, sizeof *all->us, latency_order);
}

/* Of sorted latencies, in milliseconds. */
static inline double latency_at(const struct latencies *all, double share) {
  if (!all->count) return 0;
  size_t place = (size_t)(share * (double)(all->count - 1) + 0.5);
  return all->us[place] / 1000.0;
}

static inline void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) die("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit)) die("setrlimit");
}

/* A socket that connects to 127.0.0.1:port without waiting. Many connections go out from several loopback addresses, so that ports do not run out.
   - which: the number of the connection; each 4,000 have an address of their own.
   - receive_buffer: 0 for the kernel's choice. */
static inline int connecting_socket(uint16_t port, int which, int receive_buffer) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (receive_buffer) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (which >= 4000) {
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002u + (uint32_t)(which / 4000) % 200)};
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from)) { close(fd); return -1; }
  }
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) { close(fd); return -1; }
  return fd;
}
