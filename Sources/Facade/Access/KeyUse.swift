import Payments
import Synchronization

/// When each key was last used, told on at most once a minute and key: who looks for keys that nobody uses any more needs days, and a request is not worth a write.
final class KeyUse: Sendable {
  static let every = Duration.seconds(60)

  private let told = Mutex<[String: Timestamp]>([:])
  private let tell: @Sendable (String, Timestamp) -> Void

  /// - Parameter tell: the key's name and the time; it must not block.
  init(_ tell: @escaping @Sendable (String, Timestamp) -> Void) { self.tell = tell }

  func note(_ key: APIKey, at now: Timestamp) {
    let isNews = told.withLock { told in
      // A clock that went back is told too.
      if let last = told[key.name], last <= now, now - last < Self.every { return false }
      told[key.name] = now
      return true
    }
    if isNews { tell(key.name, now) }
  }
}
