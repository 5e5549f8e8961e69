import HTTPServer
import HTTPTypes
import Payments

/// A link's events as they happen: server-sent events (WHATWG HTML, "Server-sent events"), each
///
///     id: 3
///     data: {"id":"evt_…","type":"payment_link.completed","timestamp":…,"sequence":3,"data":{"link":{…}}}
///
/// `id` is the sequence, so that a reader that lost its connection goes on where it was (`Last-Event-ID`). Events that share a sequence have the id on the last of
/// them alone: whoever lost the connection between them gets them all again.
extension Facade {
  /// A line that means nothing, so that nobody on the way takes the stream for dead (design §4.3).
  private static let commentEvery: Duration = .seconds(15)
  private static let comment = Array(": still here\n\n".utf8)
  /// How long a browser waits before it connects again: soon, but not at once, since thousands may do so after a restart.
  private static let opening = Array("retry: 3000\n\n".utf8)

  static func wantsStream(_ request: Request) -> Bool {
    request.head.fields[values: .accept].contains { field in
      field.split(separator: ",").contains { part in
        part.prefix { $0 != ";" }.trimmed.lowercased() == "text/event-stream"
      }
    }
  }

  /// What happened after `Last-Event-ID`, or all that ever did, and then what happens, until the client leaves or the gateway drains.
  func eventStream(of link: PaymentLink, view: LinkBody.View, _ request: Request) throws(Problem) -> Response {
    let start = try Self.lastEventID(request)
    let place = try waitingPlace()
    let fields: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no"]
    return Response(
      status: .ok, fields: fields,
      body: .stream { writer in
        // The place is held until the stream ends, or is given up unwritten.
        defer { withExtendedLifetime(place) {} }
        try await writer.write(Self.opening)
        try await tell(writer, link.id, after: start, view: view, request)
      })
  }

  private func tell(
    _ writer: any BodyWriter, _ link: LinkID, after start: Int64, view: LinkBody.View, _ request: Request
  ) async throws {
    var sequence = start
    while true {
      let news: FollowLink.News
      do throws(StoreError) {
        news = try await follow.news(of: link, after: sequence)
      } catch {
        // The client comes back with Last-Event-ID and loses nothing.
        _ = failed(error, request)
        return
      }
      if let last = news.events.last {
        sequence = last.sequence
        let frames = Self.frames(news.events, view)
        if !frames.isEmpty { try await writer.write(frames) }
        continue
      }
      switch await pause(request, atMost: Self.commentEvery, for: follow.watch.watcher(of: link, after: news.seen)) {
      case .woken: break
      case .timeOver: try await writer.write(Self.comment)
      case .ended: return
      }
    }
  }

  /// Each event that the reader may see. Our JSON has no line breaks, so one `data:` line holds it.
  static func frames(_ events: [Event], _ view: LinkBody.View) -> [UInt8] {
    let shown = events.filter { view == .key || $0.kind.isForClient }
    var bytes: [UInt8] = []
    for (place, event) in shown.enumerated() {
      let isLast = place == shown.count - 1 || shown[place + 1].sequence != event.sequence
      if isLast { bytes += "id: \(event.sequence)\n".utf8 }
      bytes += "data: ".utf8
      bytes += EventBody(event, for: view == .key ? .shop : .client).bytes
      bytes += "\n\n".utf8
    }
    return bytes
  }

  /// 0, and so the whole history, where none is given. Browsers send back what they were sent; anything else is refused.
  private static func lastEventID(_ request: Request) throws(Problem) -> Int64 {
    let values = request.head.fields[values: .lastEventID]
    guard let text = values.first, !(values.count == 1 && text.isEmpty) else { return 0 }
    guard values.count == 1, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let sequence = Int64(text) else {
      throw Problem(.http(.malformed), "Last-Event-ID must be the id of an event of this stream, given once.")
    }
    return sequence
  }
}

extension HTTPField.Name {
  static let lastEventID = named("Last-Event-ID")
  /// Asks nginx, and what is like it, to pass a stream on as it comes.
  static let accelBuffering = named("X-Accel-Buffering")
}

extension Substring {
  fileprivate var trimmed: Substring { drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" } }
}
