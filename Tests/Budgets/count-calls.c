/* Counts what a process asks of the allocator, of the kernel and of Swift's executors, for BudgetTests: preloaded (LD_PRELOAD) into the real gateway, it writes
 * its counters to the file that COUNT_CALLS_FILE names, mapped and shared, where the test reads them while the gateway runs.
 * The order of the counters is the order of `enum counter`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum counter { ALLOCATIONS, RECEIVES, SENDS, EPOLL_WAITS, EPOLL_CHANGES, WRITES, SYNCS, JOBS, TASKS, COUNTERS };

static _Atomic long ours[COUNTERS];
static _Atomic long *counters = ours;

#define COUNT(what) atomic_fetch_add_explicit(&counters[what], 1, memory_order_relaxed)

/* What Swift's runtime calls for each job of its own pool of threads, where it is set (swift/Runtime/Concurrency.h). */
static void enqueue_global(void *job, void (*original)(void *)) {
  COUNT(JOBS);
  original(job);
}

__attribute__((constructor)) static void begin(void) {
  void (**hook)(void *, void (*)(void *)) = dlsym(RTLD_DEFAULT, "swift_task_enqueueGlobal_hook");
  if (hook) *hook = enqueue_global;
  const char *path = getenv("COUNT_CALLS_FILE");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *page = mmap(NULL, sizeof ours, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) counters = page;
  close(file);
}

/* The function that stands behind ours, looked up once. */
#define NEXT(result, name, ...)                                                                                              \
  static result (*_Atomic next)(__VA_ARGS__);                                                                                \
  if (!next) next = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

/* glibc's own entrances: dlsym itself allocates, so malloc cannot look itself up. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) { COUNT(ALLOCATIONS); return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { COUNT(ALLOCATIONS); return __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { COUNT(ALLOCATIONS); return __libc_realloc(old, size); }
void *aligned_alloc(size_t alignment, size_t size) { COUNT(ALLOCATIONS); return __libc_memalign(alignment, size); }
int posix_memalign(void **place, size_t alignment, size_t size) {
  COUNT(ALLOCATIONS);
  *place = __libc_memalign(alignment, size);
  return *place ? 0 : 12;
}

ssize_t recv(int s, void *b, size_t n, int f) { NEXT(ssize_t, recv, int, void *, size_t, int); COUNT(RECEIVES); return next(s, b, n, f); }
ssize_t send(int s, const void *b, size_t n, int f) { NEXT(ssize_t, send, int, const void *, size_t, int); COUNT(SENDS); return next(s, b, n, f); }
int epoll_wait(int e, struct epoll_event *v, int n, int t) { NEXT(int, epoll_wait, int, struct epoll_event *, int, int); COUNT(EPOLL_WAITS); return next(e, v, n, t); }
int epoll_ctl(int e, int o, int d, struct epoll_event *v) { NEXT(int, epoll_ctl, int, int, int, struct epoll_event *); COUNT(EPOLL_CHANGES); return next(e, o, d, v); }
ssize_t write(int d, const void *b, size_t n) { NEXT(ssize_t, write, int, const void *, size_t); COUNT(WRITES); return next(d, b, n); }
ssize_t pwrite64(int d, const void *b, size_t n, off_t o) { NEXT(ssize_t, pwrite64, int, const void *, size_t, off_t); COUNT(WRITES); return next(d, b, n, o); }
ssize_t pwrite(int d, const void *b, size_t n, off_t o) { NEXT(ssize_t, pwrite, int, const void *, size_t, off_t); COUNT(WRITES); return next(d, b, n, o); }
int fdatasync(int d) { NEXT(int, fdatasync, int); COUNT(SYNCS); return next(d); }
int fsync(int d) { NEXT(int, fsync, int); COUNT(SYNCS); return next(d); }

/* Jobs that executors of ours run (Job.runSynchronously), and tasks that are made. Swift's convention passes these arguments, and a pair of pointers that is
 * returned, as C does. */
void swift_job_run(void *j, void *e, void *w) { NEXT(void, swift_job_run, void *, void *, void *); COUNT(JOBS); next(j, e, w); }
void swift_job_run_on_task_executor(void *j, void *e, void *w) { NEXT(void, swift_job_run_on_task_executor, void *, void *, void *); COUNT(JOBS); next(j, e, w); }
struct task { void *task, *context; };
struct task swift_task_create(size_t f, void *o, void *r, void *c, void *x) {
  NEXT(struct task, swift_task_create, size_t, void *, void *, void *, void *);
  COUNT(TASKS);
  return next(f, o, r, c, x);
}

/* For CountedInstructions: valgrind 3.19 writes into the mask that a program gives sigsuspend, and libdispatch's cannot be written to. */
int sigsuspend(const sigset_t *mask) {
  sigset_t own = *mask;
  return syscall(SYS_rt_sigsuspend, &own, 8);
}
