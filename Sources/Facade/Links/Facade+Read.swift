import HTTPServer
import HTTPTypes
import Payments

extension Facade {
  /// `GET /v1/payment-links/{id}`, for a key or the link's client token; with `wait` when it has changed.
  @Sendable func readLink(_ request: Request) async throws(Problem) -> Response {
    let (found, view) = try await linkToRead(request, allowing: WaitQuery.members)
    let wait = try WaitQuery.read(try request.query())
    // What may be over is asked about, not for long; where that fails, what is known is shown.
    let asked = (try? await sync.onRead(found)) ?? found
    let link = try await changed(asked, wait, request)
    return JSONAnswer.response(.ok, LinkBody(link, publicURL: configuration.publicURL, view: view))
  }

  /// `GET /v1/payment-links`: `{"data", "has_more", "next_cursor"}`, newest first.
  @Sendable func listLinks(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .linksRead)
    let query = try ListQuery.read(request.query(), merchants: key.merchants)
    guard !query.merchants.isEmpty else { return JSONAnswer.response(.ok, ListBody(data: [], nextCursor: nil)) }
    let page = try await stored(request) { () throws(StoreError) in try await read(query) }
    var next: Cursor?
    if page.hasMore, let last = page.links.last {
      next = Cursor(filters: .init(query), position: LinkPosition(createdAt: last.createdAt, id: last.id))
    }
    let data = page.links.map { LinkBody($0, publicURL: configuration.publicURL, isListed: true) }
    return JSONAnswer.response(.ok, ListBody(data: data, nextCursor: next?.text))
  }

  /// The link of the path, if the caller may read it: another merchant's link, or a link that is not the token's own, is not found.
  /// - Parameter members: what else the query may hold.
  func linkToRead(_ request: Request, allowing members: Set<String> = []) async throws(Problem) -> (PaymentLink, LinkBody.View) {
    let query = try request.query()
    let caller = try access.reader(of: request, query: query)
    try QueryMembers.allow(members.union([Access.clientParameter]), in: query)
    switch caller {
    case .key(let key): return (try await link(of: request, for: key), .key)
    case .client(let token):
      let found = try await stored(request) { () throws(StoreError) in try await read(by: .client, token) }
      guard let link = found else { throw .unauthorized(isPresented: true) }
      guard link.id.text == request.parameters["id"] else { throw .notFound }
      return (link, .clientToken)
    }
  }

  /// The link of the path, if it is one of the key's merchants.
  func link(of request: Request, for key: APIKey) async throws(Problem) -> PaymentLink {
    let id = try request.linkID()
    let found = try await stored(request) { () throws(StoreError) in try await read(id, of: key.merchants) }
    guard let found else { throw .notFound }
    return found
  }

  /// Does something with the books; their failure becomes ours.
  func stored<Value: Sendable>(
    _ request: Request, _ work: () async throws(StoreError) -> Value
  ) async throws(Problem) -> Value {
    do throws(StoreError) {
      return try await work()
    } catch {
      throw failed(error, request)
    }
  }
}

/// A page of a list.
struct ListBody: Encodable, Sendable {
  let data: [LinkBody]
  let hasMore: Bool
  let nextCursor: Nullable<String>

  init(data: [LinkBody], nextCursor: String?) {
    self.data = data
    hasMore = nextCursor != nil
    self.nextCursor = Nullable(nextCursor)
  }

  enum CodingKeys: String, CodingKey {
    case data
    case hasMore = "has_more"
    case nextCursor = "next_cursor"
  }
}
