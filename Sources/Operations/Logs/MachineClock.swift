import Glibc
package import Payments

/// The machine's wall clock, for log lines: they say when things happened here, even while the sandbox's clock runs ahead.
package struct MachineClock: WallClock {
  package init() {}

  package func now() -> Timestamp {
    var time = timespec()
    // clock_gettime writes the timespec it is given and keeps nothing.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
