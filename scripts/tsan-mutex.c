// Tells ThreadSanitizer about the slow path of Swift's Mutex on Linux: a PI futex that the kernel hands from thread to thread, inside libswiftSynchronization, which is
// not instrumented. Without it every contended lock is reported as a race of what the lock guards. Preloaded by scripts/sanitize; instead of a suppression, since one
// broad enough for these reports (they name any closure given to withLock) would hide real races of one who locks with one who does not.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

// Of the runtime, where the process has it: the tools that start the tests have none.
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void (*lock_function)(uint32_t thread, SELF void *handle);
typedef SWIFT void (*unlock_function)(SELF void *handle);

SWIFT void lock_slow(uint32_t thread, SELF void *handle) __asm__(LOCK);
SWIFT void unlock_slow(SELF void *handle) __asm__(UNLOCK);

SWIFT void lock_slow(uint32_t thread, SELF void *handle) {
  lock_function original = (lock_function)dlsym(RTLD_NEXT, LOCK);
  if (!original) abort();
  original(thread, handle);
  if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT void unlock_slow(SELF void *handle) {
  unlock_function original = (unlock_function)dlsym(RTLD_NEXT, UNLOCK);
  if (!original) abort();
  if (__tsan_release) __tsan_release(handle);
  original(handle);
}
