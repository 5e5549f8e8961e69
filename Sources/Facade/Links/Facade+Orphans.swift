import HTTPServer
import HTTPTypes
import JSON
package import Payments

/// What an operator does about verified callbacks whose payment no link has (design §1, Orphan): scope `admin`.
package struct OrphanCases: Sendable {
  let read: ReadOrphans
  let adopt: AdoptOrphan

  package init(read: ReadOrphans, adopt: AdoptOrphan) {
    self.read = read
    self.adopt = adopt
  }
}

extension Facade {
  /// `GET /v1/orphans`: `{"data", "has_more", "next_cursor"}`, the acquirer's newest number first; `limit` and `cursor` as for links.
  @Sendable func listOrphans(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .admin)
    let query = try OrphanListQuery.read(request.query(), merchants: key.merchants)
    guard !query.merchants.isEmpty else { return JSONAnswer.response(.ok, OrphanListBody(data: [], hasMore: false)) }
    let page = try await stored(request) { () throws(StoreError) in try await orphans.read(query) }
    return JSONAnswer.response(.ok, OrphanListBody(data: page.orphans.map(OrphanBody.init), hasMore: page.hasMore))
  }

  /// `POST /v1/orphans/{payment_id}/adopt`: asks the acquirer about the payment and takes it into the books. 200 with the link that has it now; done
  /// twice it is done once, so no Idempotency-Key is asked for. A key that serves several merchants names one in the body: `{"merchant"}`.
  @Sendable func adoptOrphan(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .admin)
    try request.refuseQuery()
    let merchant = try AdoptBody.merchant(request, of: key)
    guard let payment = request.parameters["payment_id"].flatMap({ Int64($0) }).flatMap({ try? PaymentID($0) }) else { throw .noOrphan }
    switch try await stored(request, { () throws(StoreError) in try await orphans.adopt(payment, of: merchant) }) {
    case .adopted(let link): return shown(link, .ok)
    case .notFound: throw .noOrphan
    case .unknownToAcquirer: throw Problem(.wrongState, "The acquirer does not know this payment.")
    case .notAsked: throw .notAsked
    }
  }
}

extension Problem {
  fileprivate static let noOrphan = Problem(.http(.notFound), "No such orphan.")

  fileprivate static var notAsked: Problem {
    var problem = Problem(.acquirerUnreachable, "The acquirer could not be asked; nothing was done.")
    problem.retryAfter = .seconds(10)
    return problem
  }
}

/// The query of `GET /v1/orphans`.
enum OrphanListQuery {
  static func read(_ fields: [FormField], merchants: Set<MerchantName>) throws(Problem) -> OrphanQuery {
    var reader = try QueryMembers.reader(fields)
    var query = OrphanQuery(merchants: merchants.sorted { $0.text < $1.text })
    query.limit = reader.value("limit", ListQuery.limit) ?? ListQuery.usualLimit
    query.before = reader.value("cursor") { tree throws(ValueFault) in
      guard case .text(let text) = tree, let number = Int64(text), let payment = try? PaymentID(number) else {
        throw ValueFault(.malformed, "must be a next_cursor of this list")
      }
      return payment
    }
    reader.finish()
    guard reader.faults.isEmpty else { throw Problem(faults: reader.faults) }
    return query
  }
}

/// The body of an adoption: nothing, or the merchant where the key serves several.
enum AdoptBody {
  static func merchant(_ request: Request, of key: APIKey) throws(Problem) -> MerchantName {
    let tree = request.body.isEmpty ? JSONTree.object([:]) : try RequestBody.json(of: request)
    guard case .object(let members) = tree else { throw Problem(.http(.malformed), "The body must be a JSON object.") }
    var reader = ObjectReader(members)
    let named: MerchantName? = reader.value("merchant") { tree throws(ValueFault) in
      guard case .text(let text) = tree, let name = key.merchants.first(where: { $0.text == text }) else {
        throw ValueFault(.notServed, "must be a merchant that the key serves")
      }
      return name
    }
    reader.finish()
    guard reader.faults.isEmpty else { throw Problem(faults: reader.faults) }
    if let merchant = named ?? (key.merchants.count == 1 ? key.merchants.first : nil) { return merchant }
    throw Problem(faults: [FieldFault(pointer: "/merchant", code: .required, detail: "is required: the key serves several merchants")])
  }
}

/// An orphan as the API shows it.
struct OrphanBody: Encodable, Sendable {
  let paymentID: Int64
  let object = "orphan"
  let merchant: String
  let orderID: Nullable<String>
  /// What the newest message said: `pending` for a check.
  let status: PaymentStatus
  let amount: Nullable<Int64>
  let currency: Nullable<String>
  let messages: Int
  let firstAt: String
  let lastAt: String

  init(_ orphan: Orphan) {
    paymentID = orphan.payment.number
    merchant = orphan.merchant.text
    orderID = Nullable(orphan.order?.text)
    status = orphan.status
    amount = Nullable(orphan.amount?.minorUnits)
    currency = Nullable(orphan.amount?.currency.code)
    messages = orphan.messages
    firstAt = orphan.firstAt.rfc3339
    lastAt = orphan.lastAt.rfc3339
  }

  enum CodingKeys: String, CodingKey {
    case amount, currency
    case firstAt = "first_at"
    case lastAt = "last_at"
    case merchant, messages, object
    case orderID = "order_id"
    case paymentID = "payment_id"
    case status
  }
}

struct OrphanListBody: Encodable, Sendable {
  let data: [OrphanBody]
  let hasMore: Bool
  let nextCursor: Nullable<String>

  init(data: [OrphanBody], hasMore: Bool) {
    self.data = data
    self.hasMore = hasMore
    nextCursor = Nullable(hasMore ? data.last.map { String($0.paymentID) } : nil)
  }

  enum CodingKeys: String, CodingKey {
    case data
    case hasMore = "has_more"
    case nextCursor = "next_cursor"
  }
}
