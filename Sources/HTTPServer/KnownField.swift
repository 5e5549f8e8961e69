/// The fields that the server itself must understand, found by length and bytes without making a string.
enum KnownField {
  case host
  case contentLength
  case transferEncoding
  case connection
  case expect
  case requestID

  /// What the name in `range` is, which holds token bytes only; nil where it is none of these.
  static func find(in bytes: Span<UInt8>, _ range: Range<Int>) -> KnownField? {
    switch range.count {
    case 4: bytes.folds(to: "host", at: range) ? .host : nil
    case 6: bytes.folds(to: "expect", at: range) ? .expect : nil
    case 10: bytes.folds(to: "connection", at: range) ? .connection : nil
    case 12: bytes.folds(to: "x-request-id", at: range) ? .requestID : nil
    case 14: bytes.folds(to: "content-length", at: range) ? .contentLength : nil
    case 17: bytes.folds(to: "transfer-encoding", at: range) ? .transferEncoding : nil
    default: nil
    }
  }
}

extension Span<UInt8> {
  /// Whether a range of token bytes holds a text but for case.
  /// - Parameter text: lowercase letters and `-`, as long as the range.
  fileprivate func folds(to text: StaticString, at range: Range<Int>) -> Bool {
    // SAFETY: the text is as long as the range. Setting bit 5 folds letters, and what else it could make equal to a letter or `-` is no token byte.
    for index in 0..<range.count where unsafe self[range.lowerBound + index] | 0x20 != text.utf8Start[index] { return false }
    return true
  }
}
