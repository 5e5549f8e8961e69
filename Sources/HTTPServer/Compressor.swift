import HTTPTypes
import Synchronization

/// Sends answers of chosen routes as gzip where the client takes it and it is worth it (RFC 9110 §8.4, §12.5.3).
///
/// Chosen, since the length of a compressed answer tells whether a guess stands in it already: an answer that holds a secret beside text that others choose must not
/// be compressed (the BREACH attack, breachattack.com). So a route says that its answers hold no secret by going through here, and every other is left alone.
package final class Compressor: Sendable {
  private let streamsAtMost: Int
  private let streams = Atomic<Int>(0)

  /// A smaller answer leaves in one packet with its head as it is (1,460 bytes of Ethernet's 1,500, about 400 of them head): nothing would come sooner.
  package static let smallest = 1024

  /// What is compressed before others on the loop get their turn: a tenth of a millisecond's work.
  private static let slice = 16 * 1024

  /// The cheapest: zlib's usual one, 6, takes three times as long for a fifth less (docs/decisions/0009).
  private static let level: Int32 = 1

  /// - Parameter streamsAtMost: how many answers may be on their way through zlib at once, 264 KiB each. Only one that is larger than a slice stays there while others
  ///   come, so there are hardly ever more than loops; what is over that is sent as it is.
  package init(streamsAtMost: Int = 16) { self.streamsAtMost = streamsAtMost }

  /// The same route with its answers compressed. None of them may hold a secret.
  package func compressed(_ route: Route) -> Route {
    let handler = route.handler
    var route = route
    route.handler = { [self] request in await coded(await handler(request), for: request) }
    return route
  }

  /// HEAD is treated as GET, so that its length is the same. A stream is left alone: what it writes should not wait in zlib; and what has a coding already, too.
  private func coded(_ answer: Response, for request: Request) async -> Response {
    guard case .bytes(let bytes) = answer.body, answer.mayHaveBody, answer.fields[.contentEncoding] == nil else { return answer }
    var answer = answer
    // Also where it is sent as it is: for another client it might not be.
    answer.fields.vary(on: .acceptEncoding)
    let wanted = AcceptedCoding(request.head.fields)
    guard wanted == .gzipOnly || wanted == .gzip && bytes.count >= Self.smallest,
      let coded = await gzip(bytes, atMost: wanted == .gzipOnly ? .max : bytes.count - 1)
    else { return answer }
    answer.fields[.contentEncoding] = "gzip"
    answer.fields[.contentLength] = nil
    answer.body = .bytes(coded)
    return answer
  }

  /// nil where it comes out longer than allowed, or too many are under way.
  private func gzip(_ bytes: [UInt8], atMost limit: Int) async -> [UInt8]? {
    defer { streams.wrappingSubtract(1, ordering: .relaxed) }
    guard streams.wrappingAdd(1, ordering: .relaxed).newValue <= streamsAtMost, let stream = GzipStream(level: Self.level) else {
      return nil
    }
    var output: [UInt8] = []
    var place = 0
    repeat {
      if place > 0 { await Task.yield() }
      let end = min(place + Self.slice, bytes.count)
      stream.write(bytes[place..<end], isLast: end == bytes.count, to: &output)
      guard output.count <= limit else { return nil }
      place = end
    } while place < bytes.count
    return output
  }
}

extension HTTPFields {
  /// Adds a field's name to Vary (RFC 9110 §12.5.5), beside those that are there.
  mutating func vary(on name: HTTPField.Name) {
    let present = self[.vary] ?? ""
    let names = present.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
    guard !names.contains(name.canonicalName), !names.contains("*") else { return }
    self[.vary] = names.isEmpty ? name.rawName : "\(present), \(name.rawName)"
  }
}
