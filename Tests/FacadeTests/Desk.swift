import HTTPServer
import HTTPTypes
import JSON
import Logging
import Payments
import PaymentsTesting
import Synchronization

@testable import Facade

/// A whole Facade over books in memory, with a router and no socket.
struct Desk {
  let books = MemoryBooks()
  let outbox: MemoryOutbox
  let clock = ManualClock()
  let acquirer: ScriptedAcquirer
  let router: Router
  let routes: [Route]
  let main: MerchantName
  let other: MerchantName
  let counts = Counts()
  let uses = Counts()

  static let page = PaymentPage(
    url: "https://customer.example/pay.html?customer=7", kind: "need data", qr: "data:image/png;base64,AAAA",
    expiresAt: Timestamp(milliseconds: 1_795_556_400_000))

  init(
    pages: [PageAnswer]? = nil, faults: [TermsFault] = [], isTesting: Bool = false, origins: [String] = [], rates: Rates = Rates()
  ) throws {
    acquirer = ScriptedAcquirer(pages: try pages ?? (77..<177).map { .opened(try PaymentID($0), Self.page) }, faults: faults)
    outbox = MemoryOutbox(feed: books)
    main = try MerchantName("main")
    other = try MerchantName("other")
    let uzs = try Currency("UZS")
    let merchants = Merchants([
      Merchant(name: main, currency: uzs, isTesting: isTesting, acquirer: acquirer),
      Merchant(name: other, currency: uzs, acquirer: acquirer),
    ])
    let all = Set(KeyScope.allCases)
    let keys = [
      APIKey(name: "shop", kind: .secret, digest: KeyDigest(of: "sk_shop"), scopes: all, merchants: [main]),
      APIKey(name: "reader", kind: .secret, digest: KeyDigest(of: "sk_reader"), scopes: [.linksRead], merchants: [main]),
      APIKey(name: "writer", kind: .secret, digest: KeyDigest(of: "sk_writer"), scopes: [.linksWrite], merchants: [main]),
      APIKey(name: "refunds", kind: .secret, digest: KeyDigest(of: "sk_refunds"), scopes: [.refundsWrite], merchants: [main]),
      APIKey(name: "nothing", kind: .secret, digest: KeyDigest(of: "sk_nothing"), scopes: [.eventsRead, .admin], merchants: [main]),
      APIKey(name: "both", kind: .secret, digest: KeyDigest(of: "sk_both"), scopes: all, merchants: [main, other]),
      APIKey(name: "other", kind: .secret, digest: KeyDigest(of: "sk_other"), scopes: all, merchants: [other]),
      APIKey(name: "nobody", kind: .secret, digest: KeyDigest(of: "sk_nobody"), scopes: all, merchants: []),
      APIKey(name: "front", kind: .publishable, digest: KeyDigest(of: "pk_front"), scopes: all, merchants: [main]),
      APIKey(
        name: "page", kind: .publishable, digest: KeyDigest(of: "pk_page"), scopes: [], merchants: [main],
        order: try OrderKey(secret: OrderToken.secret)),
      APIKey(
        name: "pages", kind: .publishable, digest: KeyDigest(of: "pk_pages"), scopes: [], merchants: [main, other],
        order: try OrderKey(secret: OrderToken.secret)),
      APIKey(name: "crossed", kind: .publishable, digest: KeyDigest(of: "sk_crossed"), scopes: all, merchants: [main]),
      APIKey(
        name: "ending", kind: .secret, digest: KeyDigest(of: "sk_ending"), scopes: all, merchants: [main],
        expiresAt: clock.now() + .seconds(60)),
    ]
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let settle = SettlePayment(store: books, merchants: merchants, clock: clock, logger: logger)
    let run = RunOperation(store: books, merchants: merchants, settle: settle, clock: clock, logger: logger)
    let sync = SyncLink(store: books, merchants: merchants, settle: settle, clock: clock, logger: logger)
    var configuration = FacadeConfiguration(publicURL: "https://pay.example.uz/", keys: keys, merchants: merchants)
    configuration.origins = origins
    configuration.rates = rates
    configuration.keyUsed = { [uses] key, at in uses.add("\(key) \(at.milliseconds)") }
    let facade = Facade(
      configuration: configuration,
      create: CreateLink(store: books, merchants: merchants, clock: clock, logger: logger), read: ReadLinks(store: books),
      events: ReadEvents(store: books, feed: books),
      deliveries: OperateDeliveries(
        endpoints: [
          Endpoint(name: try EndpointName("crm"), merchants: [main], patterns: [try EventPattern("payment_link.*")], address: "a"),
          Endpoint(name: try EndpointName("money"), merchants: [main, other], patterns: [try EventPattern("payment.paid")], address: "b"),
        ], feed: books, outbox: outbox, clock: clock, logger: logger),
      cancel: CancelLink(store: books, run: run, clock: clock, logger: logger),
      accept: AcceptPayment(store: books, clock: clock, logger: logger),
      operate: OperateLink(store: books, run: run, clock: clock, logger: logger),
      orphans: OrphanCases(
        read: ReadOrphans(store: books),
        adopt: AdoptOrphan(store: books, merchants: merchants, settle: settle, logger: logger)),
      sync: sync, seen: MarkSeen(store: books, clock: clock),
      follow: FollowLink(store: books, watch: LinkWatch(store: books, logger: logger), readers: 100),
      fresh: OpenFreshPage(store: books, merchants: merchants, sync: sync, clock: clock, logger: logger), clock: clock, logger: logger,
      count: { [counts] merchant, count in counts.add("\(merchant) \(count.rawValue)") })
    routes = facade.routes
    router = try Router(routes)
  }

  /// A body that is right in every way.
  static let order = #"{"order_id":"A1001","amount":15000000,"description":"Order A1001"}"#

  func call(
    _ method: HTTPRequest.Method, _ target: String, key: String? = "sk_shop", fields: HTTPFields = [:], body: String? = nil,
    peer: String = "127.0.0.1"
  ) async throws -> Answer {
    var fields = fields
    if let key { fields[.authorization] = "Bearer \(key)" }
    if body != nil, fields[.contentType] == nil { fields[.contentType] = "application/json" }
    return Answer(
      await router.respond(to: try Request(method, target, fields: fields, body: Array((body ?? "").utf8), peer: peer, id: "req-1")))
  }

  func create(
    _ body: String = order, key: String = "sk_shop", idempotency: String? = "k1", fields: HTTPFields = [:]
  ) async throws -> Answer {
    var fields = fields
    if let idempotency { fields[.idempotencyKey] = idempotency }
    return try await call(.post, "/v1/payment-links", key: key, fields: fields, body: body)
  }
}

/// What was counted, in order.
final class Counts: Sendable {
  private let kept = Mutex<[String]>([])
  func add(_ text: String) { kept.withLock { $0.append(text) } }
  var all: [String] { kept.withLock { $0 } }
}

/// An answer with its body read.
struct Answer {
  let status: Int
  let fields: HTTPFields
  let bytes: [UInt8]

  init(_ response: Response) {
    status = response.status.code
    fields = response.fields
    if case .bytes(let bytes) = response.body { self.bytes = bytes } else { bytes = [] }
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
  var json: JSONTree { (try? JSONTree(bytes)) ?? .null }
  /// The member's text or number, by path: `errors.0.code`.
  subscript(_ path: String) -> String? { json.at(path).flatMap(\.word) }
  /// Each fault as `pointer code`, in order.
  var faults: [String] {
    guard case .list(let items)? = json.at("errors") else { return [] }
    return items.map { "\($0.at("pointer")?.word ?? "?") \($0.at("code")?.word ?? "?")" }
  }
}

extension JSONTree {
  func at(_ path: String) -> JSONTree? {
    path.split(separator: ".").reduce(Optional(self)) { tree, step in
      switch tree {
      case .object(let members)?: members[String(step)]
      case .list(let items)?: Int(step).flatMap { items.indices.contains($0) ? items[$0] : nil }
      default: nil
      }
    }
  }

  var word: String? {
    switch self {
    case .text(let text), .number(let text): text
    case .bool(let isTrue): isTrue ? "true" : "false"
    case .null: "null"
    case .list, .object: nil
    }
  }

  var names: [String] {
    if case .object(let members) = self { members.keys.sorted() } else { [] }
  }
}
