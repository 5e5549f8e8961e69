import Payments
import Storage
import Webhooks

/// The bounds of design §4.7. Each stands once here with its default and what may be set; config/paylink.yaml says why it is so.
struct LimitSettings: Sendable, Equatable {
  var headSize = 16 * 1024
  var headFields = 100
  var headTimeout: Duration = .seconds(10)
  var handshakeTimeout: Duration = .seconds(10)
  var bodyTimeout: Duration = .seconds(20)
  var idleTimeout: Duration = .seconds(75)
  var writeTimeout: Duration = .seconds(30)
  var connections = 10_000
  /// Units of work that may wait for the database's writer.
  var writerQueue = 4096
  /// The database's own waits, and how many connections read.
  var database = StorageLimits()
  /// Percent of the connections and of the writer's queue that are kept for callbacks.
  var callbackShare = 10
  /// Readers that may wait for a link's next change, or follow its events.
  var waitingReaders = 5000
  var drainTimeout: Duration = .seconds(25)
  var acquirerConnectTimeout: Duration = .seconds(5)
  var acquirerTimeout: Duration = .seconds(20)
  var acquirerInFlight = 256
  var acquirerWaiting = 64
  var webhook = WebhookPost.Limits()
  /// A body of the API; callbacks keep the server's own bound.
  var bodySize = 64 * 1024
  /// The waits of the use cases that may be set.
  var timing = Timing()

  /// How long scheduled work that a program took is its own unless it renews that.
  var workLease: Duration = LeaseTerms().time

  init() {}
}

extension LimitSettings: Decodable {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case headSize = "head_size"
    case headFields = "head_fields"
    case headTimeout = "head_timeout"
    case handshakeTimeout = "handshake_timeout"
    case bodyTimeout = "body_timeout"
    case idleTimeout = "idle_timeout"
    case writeTimeout = "write_timeout"
    case connections
    case writerQueue = "writer_queue"
    case databaseConnectTimeout = "database_connect_timeout"
    case databaseStatementTimeout = "database_statement_timeout"
    case databaseReconnectWait = "database_reconnect_wait"
    case databaseBusyTimeout = "database_busy_timeout"
    case databaseReaders = "database_readers"
    case callbackShare = "callback_share"
    case waitingReaders = "waiting_readers"
    case drainTimeout = "drain_timeout"
    case acquirerConnectTimeout = "acquirer_connect_timeout"
    case acquirerTimeout = "acquirer_timeout"
    case acquirerInFlight = "acquirer_in_flight"
    case acquirerWaiting = "acquirer_waiting"
    case webhookConnectTimeout = "webhook_connect_timeout"
    case webhookTimeout = "webhook_timeout"
    case inProgressMargin = "in_progress_margin"
    case reopenAfter = "reopen_after"
    case openingsAtMost = "openings_at_most"
    case checkHold = "check_hold"
    case lateTolerance = "late_tolerance"
    case returnSyncEvery = "return_sync_every"
    case returnSyncWait = "return_sync_wait"
    case readSyncEvery = "read_sync_every"
    case readSyncWait = "read_sync_wait"
    case pageTolerance = "page_tolerance"
    case freshPageEvery = "fresh_page_every"
    case askEvery = "ask_every"
    case workLease = "work_lease"
    case bodySize = "body_size"
  }

  /// The keys; those whose bound is fixed in this version take nothing but it.
  static var shape: [String: SettingsShape] {
    var shape = Dictionary(uniqueKeysWithValues: CodingKeys.allCases.map { ($0.rawValue, SettingsShape.value) })
    for (key, value) in [
      "json_depth": "8", "xml_depth": "16", "answer_size": "1MiB",
    ] { shape[key] = .later(neutral: value) }
    return shape
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    headSize = try values.read(.headSize, SettingText.size(1024...1 << 20)) ?? headSize
    headFields = try values.read(.headFields, SettingText.number(10...1000)) ?? headFields
    headTimeout = try values.read(.headTimeout, SettingText.wait(.seconds(1) ... .minutes(5))) ?? headTimeout
    handshakeTimeout = try values.read(.handshakeTimeout, SettingText.wait(.seconds(1) ... .minutes(1))) ?? handshakeTimeout
    bodyTimeout = try values.read(.bodyTimeout, SettingText.wait(.seconds(1) ... .minutes(10))) ?? bodyTimeout
    idleTimeout = try values.read(.idleTimeout, SettingText.wait(.seconds(1) ... .hours(1))) ?? idleTimeout
    writeTimeout = try values.read(.writeTimeout, SettingText.wait(.seconds(1) ... .minutes(10))) ?? writeTimeout
    connections = try values.read(.connections, SettingText.number(10...1_000_000)) ?? connections
    writerQueue = try values.read(.writerQueue, SettingText.number(16...1_000_000)) ?? writerQueue
    callbackShare = try values.read(.callbackShare, SettingText.number(1...90)) ?? callbackShare
    waitingReaders = try values.read(.waitingReaders, SettingText.number(1...1_000_000)) ?? waitingReaders
    drainTimeout = try values.read(.drainTimeout, SettingText.wait(.seconds(1) ... .minutes(10))) ?? drainTimeout
    acquirerConnectTimeout =
      try values.read(.acquirerConnectTimeout, SettingText.wait(.milliseconds(100) ... .minutes(1))) ?? acquirerConnectTimeout
    acquirerTimeout = try values.read(.acquirerTimeout, SettingText.wait(.seconds(1) ... .minutes(2))) ?? acquirerTimeout
    acquirerInFlight = try values.read(.acquirerInFlight, SettingText.number(1...10_000)) ?? acquirerInFlight
    acquirerWaiting = try values.read(.acquirerWaiting, SettingText.number(1...10_000)) ?? acquirerWaiting
    workLease = try values.read(.workLease, SettingText.wait(.seconds(1) ... .minutes(5))) ?? workLease
    bodySize = try values.read(.bodySize, SettingText.size(1024...1 << 20)) ?? bodySize
    guard acquirerConnectTimeout <= acquirerTimeout || !values.contains(.acquirerConnectTimeout) else {
      throw values.broken(.acquirerConnectTimeout, "must not be longer than acquirer_timeout")
    }
    acquirerConnectTimeout = min(acquirerConnectTimeout, acquirerTimeout)
    database = try Self.database(values)
    webhook = try Self.webhook(values)
    timing = try Self.timing(values)
  }

  private static func database(_ values: KeyedDecodingContainer<CodingKeys>) throws -> StorageLimits {
    var limits = StorageLimits()
    limits.connectTimeout =
      try values.read(.databaseConnectTimeout, SettingText.wait(.milliseconds(100) ... .minutes(1))) ?? limits.connectTimeout
    limits.statementTimeout =
      try values.read(.databaseStatementTimeout, SettingText.wait(.milliseconds(100) ... .minutes(5))) ?? limits.statementTimeout
    limits.reconnectWait =
      try values.read(.databaseReconnectWait, SettingText.wait(.milliseconds(50) ... .minutes(1))) ?? limits.reconnectWait
    limits.busyTimeout = try values.read(.databaseBusyTimeout, SettingText.wait(.milliseconds(0) ... .minutes(1))) ?? limits.busyTimeout
    limits.readers = try values.read(.databaseReaders, SettingText.number(1...64)) ?? limits.readers
    return limits
  }

  private static func webhook(_ values: KeyedDecodingContainer<CodingKeys>) throws -> WebhookPost.Limits {
    var limits = WebhookPost.Limits()
    limits.whole = try values.read(.webhookTimeout, SettingText.wait(.seconds(1) ... .minutes(1))) ?? limits.whole
    limits.connect = try values.read(.webhookConnectTimeout, SettingText.wait(.milliseconds(100) ... .minutes(1))) ?? limits.connect
    guard limits.connect <= limits.whole || !values.contains(.webhookConnectTimeout) else {
      throw values.broken(.webhookConnectTimeout, "must not be longer than webhook_timeout")
    }
    limits.connect = min(limits.connect, limits.whole)
    return limits
  }

  private static func timing(_ values: KeyedDecodingContainer<CodingKeys>) throws -> Timing {
    var timing = Timing()
    timing.inProgressMargin = try values.read(.inProgressMargin, SettingText.wait(.seconds(1) ... .minutes(1))) ?? timing.inProgressMargin
    timing.reopenAfter = try values.read(.reopenAfter, SettingText.wait(.seconds(1) ... .hours(1))) ?? timing.reopenAfter
    timing.openingsAtMost = try values.read(.openingsAtMost, SettingText.number(1...10)) ?? timing.openingsAtMost
    timing.checkHold = try values.read(.checkHold, SettingText.wait(.seconds(1) ... .hours(2))) ?? timing.checkHold
    timing.lateTolerance = try values.read(.lateTolerance, SettingText.wait(.milliseconds(0) ... .hours(1))) ?? timing.lateTolerance
    timing.returnSyncEvery = try values.read(.returnSyncEvery, SettingText.wait(.seconds(1) ... .hours(1))) ?? timing.returnSyncEvery
    timing.returnSyncWait = try values.read(.returnSyncWait, SettingText.wait(.milliseconds(100) ... .seconds(20))) ?? timing.returnSyncWait
    timing.readSyncEvery = try values.read(.readSyncEvery, SettingText.wait(.seconds(1) ... .hours(1))) ?? timing.readSyncEvery
    timing.readSyncWait = try values.read(.readSyncWait, SettingText.wait(.milliseconds(100) ... .seconds(20))) ?? timing.readSyncWait
    timing.pageTolerance = try values.read(.pageTolerance, SettingText.wait(.seconds(30) ... .hours(1))) ?? timing.pageTolerance
    timing.freshPageEvery = try values.read(.freshPageEvery, SettingText.wait(.seconds(10) ... .hours(1))) ?? timing.freshPageEvery
    timing.askEvery = try values.read(.askEvery, SettingText.wait(.milliseconds(500) ... .minutes(10))) ?? timing.askEvery
    return timing
  }
}
