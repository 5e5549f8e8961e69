import HTTPTypes

@testable import HTTPServer

/// Heads: the same in one piece and in two; what is read can be written and is read again as the same.
enum HeadProperty {
  enum Outcome: Equatable {
    case refused(HTTPError.Code)
    case incomplete
    case read(ReadHead)
  }

  /// A head with everything that decides what is served.
  struct ReadHead: Equatable {
    var method: String
    var path: String
    var authority: String
    var minorVersion: Int
    var fields: [[UInt8]]
    var framing: BodyFraming
    var keepsAlive: Bool
    var expectsContinue: Bool
    /// Where its bytes end.
    var end: Int
  }

  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    let whole = outcome(bytes, cuts: [])
    for cut in cuts(of: bytes) {
      let parted = outcome(bytes, cuts: [cut])
      try require(parted == whole, "cut at \(cut): \(parted), whole: \(whole)")
    }
    guard case .read(let head) = whole else { return }
    let written = Self.written(head)
    // A blank behind each colon may be new, and a target may have been without its slash.
    var limits = ServerLimits()
    limits.headBytes += 4096
    limits.targetBytes += 1
    guard case .read(var again) = outcome(written, cuts: [], limits: limits) else {
      throw BrokenProperty("what was written of it is not read: \(String(decoding: written, as: UTF8.self).debugDescription)")
    }
    try require(again.end == written.count, "what was written of it has another end")
    again.end = head.end
    try require(again == head, "\(head) became \(again)")
  }

  static func outcome(_ bytes: [UInt8], cuts: [Int], limits: ServerLimits = ServerLimits()) -> Outcome {
    var scanner = HeadScanner()
    do throws(HTTPError) {
      for end in cuts + [bytes.count] {
        let piece = Array(bytes[..<end])
        guard let found = try scanner.find(in: piece.span, limits: limits) else { continue }
        return .read(read(try HeadParser.parse(piece.span, found.start..<found.end, limits: limits), end: found.end))
      }
      return .incomplete
    } catch {
      return .refused(error.code)
    }
  }

  /// Why it is refused, in the words of the answer; nil where it is not.
  static func refusal(_ bytes: [UInt8]) -> String? {
    var scanner = HeadScanner()
    do throws(HTTPError) {
      if let found = try scanner.find(in: bytes.span, limits: ServerLimits()) {
        _ = try HeadParser.parse(bytes.span, found.start..<found.end, limits: ServerLimits())
      }
      return nil
    } catch {
      return error.detail
    }
  }

  private static func read(_ head: RequestHead, end: Int) -> ReadHead {
    let fields = head.fields.all.map { field -> [UInt8] in
      // SAFETY: the buffer is copied.
      let value = unsafe field.withUnsafeBytesOfValue { unsafe Array($0) }
      return Array("\(field.name.canonicalName): ".utf8) + value
    }
    return ReadHead(
      method: head.method.rawValue, path: head.target.path, authority: head.authority, minorVersion: head.minorVersion, fields: fields,
      framing: head.framing, keepsAlive: head.keepsAlive, expectsContinue: head.expectsContinue, end: end)
  }

  /// In the absolute form where the target brought its own authority.
  private static func written(_ head: ReadHead) -> [UInt8] {
    let host = head.fields.first { $0.starts(with: "host: ".utf8) }.map { String(decoding: $0.dropFirst(6), as: UTF8.self) } ?? ""
    let prefix = head.authority == host ? "" : "http://\(head.authority)"
    var bytes = Array("\(head.method) \(prefix)\(head.path) HTTP/1.\(head.minorVersion)\r\n".utf8)
    for field in head.fields { bytes += field + [0x0d, 0x0a] }
    return bytes + [0x0d, 0x0a]
  }
}
