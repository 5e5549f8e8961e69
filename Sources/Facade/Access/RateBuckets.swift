import Synchronization

/// The buckets of many callers, in bounded memory: two generations, of which the older is let go when the newer is full. Who is forgotten begins with a full bucket,
/// so that a flood from many addresses costs memory for twice `most` of them and no more.
final class RateBuckets<Key: Hashable & Sendable>: Sendable {
  private struct Contents {
    var newer: [Key: RateBucket] = [:]
    var older: [Key: RateBucket] = [:]
  }

  private let quota: RateQuota
  private let most: Int
  private let contents = Mutex(Contents())

  init(_ quota: RateQuota, most: Int) {
    self.quota = quota
    self.most = most
  }

  func take(_ key: Key, now: UInt64) -> RateStanding {
    contents.withLock { contents in
      var bucket = contents.newer[key] ?? contents.older[key] ?? RateBucket()
      let standing = bucket.take(quota, now: now)
      if contents.newer.count >= most, contents.newer[key] == nil {
        contents.older = contents.newer
        contents.newer = [:]
      }
      contents.newer[key] = bucket
      return standing
    }
  }

  /// How many are remembered now.
  var count: Int { contents.withLock { $0.newer.count + $0.older.count } }
}
