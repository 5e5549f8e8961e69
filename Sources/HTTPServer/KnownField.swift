import HTTPTypes

/// The field names that requests bring most: found by length and bytes, without making a string. Other names are made and checked by swift-http-types.
enum KnownField {
  /// A field the server itself must understand.
  enum Role: Sendable {
    case none
    case host
    case contentLength
    case transferEncoding
    case connection
    case expect
    case requestID
  }

  struct Entry: Sendable {
    let bytes: [UInt8]
    let name: HTTPField.Name
    let role: Role
  }

  /// By length of the name; the longest known has 24 bytes or fewer.
  static let byLength: [[Entry]] = {
    let roles: [String: Role] = [
      "Host": .host, "Content-Length": .contentLength, "Transfer-Encoding": .transferEncoding, "Connection": .connection, "Expect": .expect,
      "X-Request-Id": .requestID,
    ]
    let others = [
      "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Content-Encoding",
      "Content-Type", "Cookie",
      "Forwarded", "Idempotency-Key", "If-None-Match", "Last-Event-ID", "Origin", "Pragma", "Referer", "Sec-Fetch-Dest", "Sec-Fetch-Mode",
      "Sec-Fetch-Site", "Traceparent", "Tracestate", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
    ]
    var table = [[Entry]](repeating: [], count: 32)
    for text in Array(roles.keys) + others {
      guard let name = HTTPField.Name(text) else { preconditionFailure("a known name is a token") }
      table[text.utf8.count].append(Entry(bytes: Array(text.lowercased().utf8), name: name, role: roles[text] ?? .none))
    }
    return table
  }()

  /// The name in `range`, which holds token bytes only.
  static func find(in bytes: Span<UInt8>, _ range: Range<Int>) -> Entry? {
    let length = range.count
    guard length < 32 else { return nil }
    let candidates = byLength[length]
    search: for index in candidates.indices {
      // Token bytes: setting bit 5 folds letters, and what else it could make equal to a known name's byte is no token byte.
      for place in 0..<length where bytes[range.lowerBound + place] | 0x20 != candidates[index].bytes[place] { continue search }
      return candidates[index]
    }
    return nil
  }
}
