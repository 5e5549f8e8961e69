import CPostgres
import Glibc
import Payments

/// How a connection comes to stand: step by step and with a deadline of ours, and with the server's SQLSTATE where it refuses, which libpq only gives as a part of
/// its text.
enum PostgresOpening {
  /// - Returns: a connection that stands; the caller finishes it.
  static func connected(
    _ settings: [(String, String)], within limit: Duration, demandsTLS: Bool
  ) throws -> OpaquePointer {
    guard let handle = unsafe started(settings) else { throw PostgresError(message: "out of memory") }
    // `severity:  state: text`: the severity is in the server's own language, the state is the same in every one.
    _ = unsafe PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
    let end = ContinuousClock.now + limit
    var next = PGRES_POLLING_WRITING
    while next != PGRES_POLLING_OK {
      guard next != PGRES_POLLING_FAILED, unsafe PQstatus(handle) != CONNECTION_BAD else {
        defer { unsafe PQfinish(handle) }
        var error = refusal(unsafe String(cString: PQerrorMessage(handle)), demandsTLS: demandsTLS)
        // Said by libpq, before the server could refuse.
        if error.state == nil, unsafe PQconnectionNeedsPassword(handle) == 1 { error.state = "28P01" }
        throw error
      }
      guard unsafe isReady(handle, for: next, until: end) else {
        unsafe PQfinish(handle)
        throw PostgresError(message: "no connection within \(limit)")
      }
      next = unsafe PQconnectPoll(handle)
    }
    _ = unsafe PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
    return unsafe handle
  }

  private static func started(_ settings: [(String, String)]) -> OpaquePointer? {
    // libpq copies the texts.
    var names: [UnsafePointer<CChar>?] = unsafe settings.map { unsafe UnsafePointer(strdup($0.0)) } + [nil]
    var values: [UnsafePointer<CChar>?] = unsafe settings.map { unsafe UnsafePointer(strdup($0.1)) } + [nil]
    defer { unsafe (names + values).forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
    return unsafe PQconnectStartParams(&names, &values, 0)
  }

  private static func isReady(
    _ handle: OpaquePointer, for what: PostgresPollingStatusType, until end: ContinuousClock.Instant
  ) -> Bool {
    let events = what == PGRES_POLLING_READING ? POLLIN : POLLOUT
    while true {
      let left = (end - ContinuousClock.now).wholeMilliseconds
      guard left > 0 else { return false }
      // The socket may be another one at every step.
      var entry = unsafe pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
      if unsafe poll(&entry, 1, Int32(min(left, 60_000))) > 0 { return true }
    }
  }

  /// What a refused connection says. The server's words may be in any language and are not looked at; libpq's own are English, since this program never sets a locale.
  static func refusal(_ text: String, demandsTLS: Bool) -> PostgresError {
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("LOCATION:") }
    let states = text.matches(of: #/:  ([0-9A-Z]{5}): /#).map { String($0.1) }
    var error = PostgresError(state: states.last, message: lines.joined(separator: "; "))
    error.isOfTLS = demandsTLS && states.isEmpty && ["SSL was required", "certificate"].contains { text.contains($0) }
    return error
  }
}
