// What Swift's Glibc module lacks: epoll, eventfd, accept4, thread names, sets of cores, and one thread-local slot.
// No _GNU_SOURCE here: it changes fd_set and clashes with Swift's Glibc module. It stands in CLinux.c only.
#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>

/// One readiness report of clinux_epoll_wait: the events and the data given at registration.
struct clinux_event {
  uint64_t data;
  uint32_t events;
};

/// Most events one call of clinux_epoll_wait reports.
#define CLINUX_MAX_EVENTS 256

extern const uint32_t clinux_epoll_in;
extern const uint32_t clinux_epoll_out;
extern const uint32_t clinux_epoll_rdhup;
extern const uint32_t clinux_epoll_hup;
extern const uint32_t clinux_epoll_err;
extern const uint32_t clinux_epoll_edge;

/// A new epoll descriptor, close-on-exec; -1 and errno on failure.
int clinux_epoll_create(void);
int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t data);
int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t data);
int clinux_epoll_delete(int epoll, int descriptor);
/// Waits at most `milliseconds` (-1: for ever) and fills at most CLINUX_MAX_EVENTS entries; -1 and errno on failure.
int clinux_epoll_wait(int epoll, struct clinux_event *events, int milliseconds);

/// A new eventfd, non-blocking and close-on-exec; -1 and errno on failure.
int clinux_eventfd(void);
/// Adds one to an eventfd.
void clinux_eventfd_signal(int descriptor);

/// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC; the peer's address is written to `address`, a sockaddr_storage of `*length` bytes.
int clinux_accept(int descriptor, void *address, uint32_t *length);
/// A stream socket, non-blocking and close-on-exec.
int clinux_socket(int family);
/// Sets an integer option; 0 or -1 and errno.
int clinux_set_reuse_address(int descriptor);
int clinux_set_reuse_port(int descriptor);
int clinux_set_no_delay(int descriptor);
int clinux_set_ipv6_only(int descriptor);
/// How many bytes may wait in the kernel, not sent yet, before a socket counts as full (TCP_NOTSENT_LOWAT).
int clinux_set_unsent_limit(int descriptor, int bytes);
/// recv and send without SIGPIPE.
long clinux_receive(int descriptor, void *buffer, unsigned long count);
long clinux_send(int descriptor, const void *buffer, unsigned long count);

/// Names the calling thread by the first 15 bytes; a longer name the kernel refuses.
void clinux_name_thread(const char *name);
/// On how many cores the calling thread may run (sched_getaffinity); -1 where it cannot be told.
int clinux_usable_cores(void);

/// Gives back the pages of program and libraries that are mapped and never written: code and constants. What is used again is mapped again from the page cache, at
/// the cost of a soft fault for each 64 KiB. Any thread may call it at any time.
void clinux_release_code_pages(void);

/// Nanoseconds of CLOCK_MONOTONIC.
uint64_t clinux_monotonic(void);
/// Seconds of CLOCK_REALTIME.
int64_t clinux_wall_seconds(void);

/// The calling thread's event loop, or NULL. Set once, by the loop's own thread.
extern _Thread_local void *clinux_loop_slot;
static inline void *clinux_current_loop(void) { return clinux_loop_slot; }
static inline void clinux_set_current_loop(void *loop) { clinux_loop_slot = loop; }

#endif
