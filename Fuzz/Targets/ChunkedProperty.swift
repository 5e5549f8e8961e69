@testable import HTTPServer

/// Chunked bodies: the same in one piece and in two; a body that was read, sent as one chunk, is the same body.
enum ChunkedProperty {
  enum Outcome: Equatable {
    case refused(HTTPError.Code)
    case incomplete
    case done([UInt8], used: Int)
  }

  static let limit = 64 * 1024

  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    let whole = outcome(bytes, cuts: [])
    for cut in cuts(of: bytes) {
      let parted = outcome(bytes, cuts: [cut])
      try require(parted == whole, "cut at \(cut): \(parted), whole: \(whole)")
    }
    guard case .done(let body, let used) = whole else { return }
    try require(body.count < used, "a body is longer than its chunks")
    let size = body.isEmpty ? "" : "\(String(body.count, radix: 16))\r\n"
    let written = Array(size.utf8) + body + Array((body.isEmpty ? "" : "\r\n").utf8) + Array("0\r\n\r\n".utf8)
    try require(outcome(written, cuts: []) == .done(body, used: written.count), "the body as one chunk is another")
  }

  static func outcome(_ bytes: [UInt8], cuts: [Int]) -> Outcome {
    var decoder = ChunkedDecoder()
    var body: [UInt8] = []
    var start = 0
    do throws(HTTPError) {
      for end in cuts + [bytes.count] where end > start {
        start += try decoder.decode(Array(bytes[start..<end]).span, into: &body, limit: limit)
        if decoder.isDone { return .done(body, used: start) }
      }
      return .incomplete
    } catch {
      return .refused(error.code)
    }
  }
}
