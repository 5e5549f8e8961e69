#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <link.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

_Thread_local void *clinux_loop_slot = 0;

const uint32_t clinux_epoll_in = EPOLLIN;
const uint32_t clinux_epoll_out = EPOLLOUT;
const uint32_t clinux_epoll_rdhup = EPOLLRDHUP;
const uint32_t clinux_epoll_hup = EPOLLHUP;
const uint32_t clinux_epoll_err = EPOLLERR;
const uint32_t clinux_epoll_edge = EPOLLET;

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data = {.u64 = data}};
  return epoll_ctl(epoll, operation, descriptor, &event);
}

int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t data) {
  return control(epoll, EPOLL_CTL_ADD, descriptor, events, data);
}

int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t data) {
  return control(epoll, EPOLL_CTL_MOD, descriptor, events, data);
}

int clinux_epoll_delete(int epoll, int descriptor) { return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0); }

int clinux_epoll_wait(int epoll, struct clinux_event *events, int milliseconds) {
  struct epoll_event ready[CLINUX_MAX_EVENTS];
  int count = epoll_wait(epoll, ready, CLINUX_MAX_EVENTS, milliseconds);
  for (int i = 0; i < count; i++) {
    events[i].data = ready[i].data.u64;
    events[i].events = ready[i].events;
  }
  return count;
}

int clinux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void clinux_eventfd_signal(int descriptor) {
  uint64_t one = 1;
  while (write(descriptor, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

int clinux_accept(int descriptor, void *address, uint32_t *length) {
  return accept4(descriptor, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int clinux_socket(int family) { return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

static int set(int descriptor, int level, int option) {
  int on = 1;
  return setsockopt(descriptor, level, option, &on, sizeof on);
}

int clinux_set_reuse_address(int descriptor) { return set(descriptor, SOL_SOCKET, SO_REUSEADDR); }
int clinux_set_reuse_port(int descriptor) { return set(descriptor, SOL_SOCKET, SO_REUSEPORT); }
int clinux_set_no_delay(int descriptor) { return set(descriptor, IPPROTO_TCP, TCP_NODELAY); }
int clinux_set_unsent_limit(int descriptor, int bytes) {
  return setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}
int clinux_set_ipv6_only(int descriptor) { return set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY); }

long clinux_receive(int descriptor, void *buffer, unsigned long count) { return recv(descriptor, buffer, count, 0); }
long clinux_send(int descriptor, const void *buffer, unsigned long count) { return send(descriptor, buffer, count, MSG_NOSIGNAL); }

void clinux_name_thread(const char *name) {
  char kept[16];
  snprintf(kept, sizeof kept, "%s", name);
  pthread_setname_np(pthread_self(), kept);
}

int clinux_usable_cores(void) {
  for (int most = 1024; most <= 1 << 20; most *= 2) {
    cpu_set_t *cores = CPU_ALLOC(most);
    if (!cores) return -1;
    size_t size = CPU_ALLOC_SIZE(most);
    int code = sched_getaffinity(0, size, cores), error = errno;
    int count = code == 0 ? CPU_COUNT_S(size, cores) : -1;
    CPU_FREE(cores);
    // EINVAL: the kernel counts more cores than fit.
    if (code == 0 || error != EINVAL) return count;
  }
  return -1;
}

/* Whether the loader wrote into the code of an object: then a page that is given back would come again without what was written. */
static int has_text_relocations(const struct dl_phdr_info *object, const ElfW(Phdr) *segment) {
  for (const ElfW(Dyn) *entry = (const void *)(object->dlpi_addr + segment->p_vaddr); entry->d_tag != DT_NULL; entry++) {
    if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL)) return 1;
  }
  return 0;
}

static int release_object(struct dl_phdr_info *object, size_t size, void *page) {
  (void)size;
  uintptr_t mask = ~(*(uintptr_t *)page - 1);
  for (int i = 0; i < object->dlpi_phnum; i++) {
    if (object->dlpi_phdr[i].p_type == PT_DYNAMIC && has_text_relocations(object, &object->dlpi_phdr[i])) return 0;
  }
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
    uintptr_t begin = (object->dlpi_addr + segment->p_vaddr) & mask;
    uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_filesz + ~mask) & mask;
    madvise((void *)begin, end - begin, MADV_DONTNEED);
  }
  return 0;
}

void clinux_release_code_pages(void) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  dl_iterate_phdr(release_object, &page);
}

uint64_t clinux_monotonic(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int64_t clinux_wall_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec;
}
