import HTTPServer
import HTTPTypes
import JSON
import Payments

/// What happened (design §4.3, §4.5).
extension Facade {
  /// `GET /v1/payment-links/{id}/events`: `{"data"}`, one link's history, oldest first, for a key or the link's client token; live where a stream is wanted.
  @Sendable func linkEvents(_ request: Request) async throws(Problem) -> Response {
    let (link, view) = try await linkToRead(request)
    if Self.wantsStream(request) { return try eventStream(of: link, view: view, request) }
    let history = try await stored(request) { () throws(StoreError) in try await events(of: link.id) }
    return JSONAnswer.response(.ok, EventListBody(data: Self.bodies(of: history, view)))
  }

  /// What one who sees a link so is shown of its history.
  static func bodies(of history: [Event], _ view: LinkBody.View) -> [EventBody] {
    switch view {
    case .key: history.map { EventBody($0) }
    case .clientToken, .publishableKey: history.filter(\.kind.isForClient).map { EventBody($0, for: .client) }
    }
  }

  /// `GET /v1/events`: `{"data", "has_more", "next_cursor"}`, all events of the key's merchants in the order of their commits, oldest first.
  /// `next_cursor` is there at the end too: what happens later comes behind it.
  @Sendable func listEvents(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .eventsRead)
    let query = try FeedMembers.read(request.query(), merchants: key.merchants)
    guard !query.merchants.isEmpty else { return JSONAnswer.response(.ok, FeedBody(data: [], hasMore: false, nextCursor: nil)) }
    let page = try await stored(request) { () throws(StoreError) in try await events(query) }
    let cursor = page.last > 0 ? FeedCursor(place: page.last).text : nil
    return JSONAnswer.response(.ok, FeedBody(data: page.events.map { EventBody($0) }, hasMore: page.hasMore, nextCursor: cursor))
  }
}

/// A link's history.
struct EventListBody: Encodable, Sendable {
  let data: [EventBody]
}

/// A page of the feed.
struct FeedBody: Encodable, Sendable {
  let data: [EventBody]
  let hasMore: Bool
  let nextCursor: Nullable<String>

  init(data: [EventBody], hasMore: Bool, nextCursor: String?) {
    self.data = data
    self.hasMore = hasMore
    self.nextCursor = Nullable(nextCursor)
  }

  enum CodingKeys: String, CodingKey {
    case data
    case hasMore = "has_more"
    case nextCursor = "next_cursor"
  }
}

/// The query of `GET /v1/events`: `created_from, limit, cursor`; each at most once, others refused, every fault at once.
enum FeedMembers {
  /// - Parameter merchants: whom the caller's key serves; the feed is confined to them.
  static func read(_ fields: [FormField], merchants: Set<MerchantName>) throws(Problem) -> FeedQuery {
    var reader = try QueryMembers.reader(fields)
    var query = FeedQuery(merchants: merchants.sorted { $0.text < $1.text })
    query.from = reader.value("created_from", ListQuery.time)
    query.limit = reader.value("limit", ListQuery.limit) ?? ListQuery.usualLimit
    query.after =
      reader.value("cursor") { tree throws(ValueFault) in
        guard case .text(let text) = tree, let cursor = FeedCursor(text) else {
          throw ValueFault(.malformed, "must be a next_cursor of this feed")
        }
        return cursor.place
      } ?? 0
    reader.finish()
    let faults = CardNumber.faults(in: fields) + reader.faults
    guard faults.isEmpty else { throw Problem(faults: faults) }
    return query
  }
}
