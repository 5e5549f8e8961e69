import CPostgres
import Glibc
import Payments

/// One connection to PostgreSQL, always in pipeline mode: what is asked together goes in one way there and back. Blocks its thread, with a deadline; used on one
/// queue alone.
///
/// SAFETY (`@unchecked`): `PostgresLine` hands it on from one use to the next, never to two.
@safe final class PostgresConnection: SQLConnection, @unchecked Sendable {
  /// SAFETY: ours, from PostgresOpening; finished once.
  private let handle: OpaquePointer
  private var prepared: Set<Int> = []
  /// Sent before the next statements, in the same pipeline: the BEGIN of a transaction that reads.
  private var pending: [Bound] = []
  private let usualPatience: Duration
  private var patience: Duration

  /// What a connection is for: after a fail-over a server may still answer and only read.
  enum Purpose: String, Sendable {
    case writing = "read-write"
    case reading = "any"
  }

  /// Connects to the first of the location's hosts that takes it, and settles what a session of ours is like. Who only reads takes a standby, which may lag behind, where
  /// no other host is there.
  static func open(
    _ location: PostgresLocation, password: String?, limits: StorageLimits, for purpose: Purpose = .writing
  ) throws -> PostgresConnection {
    var failure: PostgresError?
    var standby: PostgresConnection?
    for host in location.hosts {
      do {
        let connection = try PostgresConnection(location, host: host, password: password, limits: limits, purpose: purpose)
        guard connection.isStandby else { return connection }
        standby = standby ?? connection
      } catch let error as PostgresError {
        // The first host's trouble is told, unless a later one has something to say about us.
        if failure == nil || error.isOfSettings { failure = error }
      }
    }
    if let standby { return standby }
    throw failure ?? PostgresError(message: "no host")
  }

  private init(_ location: PostgresLocation, host: String, password: String?, limits: StorageLimits, purpose: Purpose) throws {
    var settings = [
      ("host", host), ("port", "\(location.port)"), ("user", location.user), ("dbname", location.name), ("sslmode", location.sslMode),
      ("application_name", "paylink"), ("client_encoding", "UTF8"), ("target_session_attrs", purpose.rawValue),
      ("tcp_user_timeout", "\(limits.statementTimeout.wholeMilliseconds)"), ("keepalives_idle", "30"),
    ]
    if let password { settings.append(("password", password)) }
    if let file = location.sslRootCertificate { settings.append(("sslrootcert", file)) }
    usualPatience = limits.statementTimeout + .seconds(5)
    patience = usualPatience
    unsafe handle = unsafe try PostgresOpening.connected(settings, within: limits.connectTimeout, demandsTLS: location.demandsTLS)
    guard unsafe PQsetnonblocking(handle, 1) == 0, unsafe PQenterPipelineMode(handle) == 1 else {
      throw PostgresError(message: "no pipeline mode")
    }
    let milliseconds = limits.statementTimeout.wholeMilliseconds
    try run([
      Bound(
        PostgresStatements.settle,
        [
          "\(milliseconds)".sql, "\(milliseconds)".sql, "\(limits.idleInTransaction.wholeMilliseconds)".sql,
        ])
    ])
  }

  deinit { unsafe PQfinish(handle) }

  /// Puts statements before the next ones.
  func begin(_ statement: SQLStatement) { pending = [Bound(statement, [])] }

  /// Ends the transaction without a trace; nothing is sent where none was begun.
  func rollBack() throws {
    guard pending.isEmpty else {
      pending = []
      return
    }
    try run([Bound(PostgresStatements.rollBack, [])])
  }

  @discardableResult
  func run(_ statement: SQLStatement, _ values: [SQLValue]) throws -> Int {
    try run([Bound(statement, values)])[0].changed
  }

  func rows(_ statement: SQLStatement, _ values: [SQLValue], _ body: (SQLRow) throws -> Bool) throws {
    let result = try run([Bound(statement, values)])[0]
    for place in 0..<result.count { if try !body(result.row(place)) { return } }
  }

  func rows(_ questions: [Bound], _ body: (SQLRow, Int) throws -> Void) throws {
    guard !questions.isEmpty else { return }
    for (question, result) in try run(questions).enumerated() {
      for place in 0..<result.count { try body(result.row(place), question) }
    }
  }

  func runAll(_ statements: [Bound]) throws { try run(statements) }

  /// Runs all in one pipeline, up to the first that fails.
  /// - Returns: a result for each.
  /// - Throws: where every statement was answered and the connection ended behind them, an error whose place is their number.
  @discardableResult
  func run(_ statements: [Bound]) throws -> [PostgresResult] {
    let all = pending + statements
    try prepare(all)
    for bound in all {
      guard send(bound) == 1 else { throw lost() }
    }
    let before = pending.count
    pending = []
    do {
      return Array(try answers(all.count).dropFirst(before))
    } catch var error as PostgresError {
      error.place -= before
      throw error
    }
  }

  /// Statements of this transaction may take as long as a day.
  func unhurried() throws {
    try run([Bound(PostgresStatements.unhurried, [])])
    patience = .hours(24)
  }

  func hurried() { patience = usualPatience }

  /// Runs a text that is not kept: a migration's.
  func execute(_ text: String) throws {
    guard unsafe PQsendQueryParams(handle, text, 0, nil, nil, nil, nil, 0) == 1 else { throw lost() }
    _ = try answers(1)
  }

  /// Whether the server follows another, as it said last: it may be behind. Servers before version 14 do not say it.
  var isStandby: Bool { unsafe PQparameterStatus(handle, "in_hot_standby").map { unsafe String(cString: $0) == "on" } ?? false }

  /// For a source that waits until something comes in.
  var descriptor: Int32 { unsafe PQsocket(handle) }

  /// What other connections notified since the last time. Never waits.
  func notices() throws -> [String] {
    // Where the end came with the last bytes, the first says nothing of it.
    guard unsafe PQconsumeInput(handle) == 1, unsafe PQstatus(handle) == CONNECTION_OK else { throw lost() }
    var texts: [String] = []
    while let notice = unsafe PQnotifies(handle) {
      if unsafe notice.pointee.be_pid != PQbackendPID(handle) { texts.append(unsafe String(cString: notice.pointee.extra)) }
      unsafe PQfreemem(notice)
    }
    return texts
  }

  /// What is not prepared yet, in a pipeline of its own.
  private func prepare(_ statements: [Bound]) throws {
    var missing: [SQLStatement] = []
    for bound in statements where !prepared.contains(bound.statement.number) && !missing.contains(where: { $0 === bound.statement }) {
      missing.append(bound.statement)
    }
    guard !missing.isEmpty else { return }
    for statement in missing {
      guard unsafe PQsendPrepare(handle, Self.name(statement), statement.text(.postgres), 0, nil) == 1 else { throw lost() }
    }
    do { _ = try answers(missing.count) } catch var error as PostgresError {
      if missing.indices.contains(error.place) { error.message += " (\(missing[error.place].text(.postgres).prefix(60)))" }
      // A pipeline ends at its first error; what stands before it is prepared, whatever becomes of the transaction.
      prepared.formUnion(missing[..<error.place].map(\.number))
      error.place = PostgresError.beforeAll
      throw error
    }
    prepared.formUnion(missing.map(\.number))
  }

  private func send(_ bound: Bound) -> Int32 {
    var texts: [UnsafeMutablePointer<CChar>?] = unsafe bound.values.map { value in
      guard let text = value.postgres else { return nil }
      return unsafe strdup(text)
    }
    defer { unsafe texts.forEach { unsafe free($0) } }
    return unsafe texts.withUnsafeMutableBufferPointer { texts in
      unsafe texts.withMemoryRebound(to: UnsafePointer<CChar>?.self) { texts in
        unsafe PQsendQueryPrepared(handle, Self.name(bound.statement), Int32(texts.count), texts.baseAddress, nil, nil, 0)
      }
    }
  }

  /// Sends the Sync and takes the answers of all that went before it. The first error is thrown, after the pipeline's end was read.
  private func answers(_ count: Int) throws -> [PostgresResult] {
    guard unsafe PQpipelineSync(handle) == 1 else { throw lost() }
    var failure: PostgresError?
    // Where a statement was refused, that the connection ends behind it says no more.
    do { return try answers(count, &failure) } catch { throw failure ?? error }
  }

  private func answers(_ count: Int, _ failure: inout PostgresError?) throws -> [PostgresResult] {
    let deadline = ContinuousClock.now + patience
    var results: [PostgresResult] = []
    while results.count < count {
      guard let result = try next(until: deadline) else { continue }
      if failure == nil, var error = result.error {
        error.place = results.count
        if error.state == nil { throw error }
        failure = error
      }
      results.append(result)
      // The end of one statement's results.
      while try next(until: deadline) != nil {}
    }
    do { try endOfPipeline(until: deadline) } catch var error as PostgresError {
      error.place = count
      throw error
    }
    if let failure { throw failure }
    return results
  }

  /// The Sync's answer. After a FATAL one it does not come: a server that is told to end while it commits does so, and says it in the Sync's place.
  private func endOfPipeline(until deadline: ContinuousClock.Instant) throws {
    while true {
      guard let result = try next(until: deadline) else { continue }
      if result.status == PGRES_PIPELINE_SYNC { return }
      if let error = result.error { throw error }
    }
  }

  /// nil at the end of one statement's results.
  private func next(until deadline: ContinuousClock.Instant) throws -> PostgresResult? {
    while unsafe PQisBusy(handle) == 1 {
      let unsent = unsafe PQflush(handle)
      guard unsent >= 0 else { throw lost() }
      let left = (deadline - ContinuousClock.now).wholeMilliseconds
      guard left > 0 else { throw PostgresError(message: "no answer in time") }
      var entry = unsafe pollfd(fd: PQsocket(handle), events: Int16(POLLIN | (unsent == 1 ? POLLOUT : 0)), revents: 0)
      _ = unsafe poll(&entry, 1, Int32(min(left, 60_000)))
      if entry.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
        guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
      }
    }
    guard let result = unsafe PQgetResult(handle) else {
      if unsafe PQstatus(handle) == CONNECTION_BAD { throw lost() }
      return nil
    }
    return unsafe PostgresResult(result)
  }

  private func lost() -> PostgresError { PostgresError(message: unsafe Self.firstLine(PQerrorMessage(handle))) }

  private static func name(_ statement: SQLStatement) -> String { "s\(statement.number)" }

  private static func firstLine(_ text: UnsafeMutablePointer<CChar>?) -> String {
    guard let text = unsafe text else { return "" }
    return unsafe String(cString: text).split(separator: "\n").map(String.init).joined(separator: "; ")
  }
}

extension SQLValue {
  /// In libpq's text form. PostgreSQL's texts hold no NUL: where the acquirer sends one, it is shown as what it is, an unreadable character.
  fileprivate var postgres: String? {
    switch self {
    case .null: nil
    case .integer(let number): "\(number)"
    case .text(let text): text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
    case .texts(let texts):
      "{" + texts.map { "\"" + $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" }.joined(separator: ",") + "}"
    }
  }
}
