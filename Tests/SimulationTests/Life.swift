import FreedomPay
import HTTPClient
import HTTPServer
import Logging
import Payments
import Storage
import Synchronization

/// One life of a gateway's process: use cases on the books, the routes that the acquirer and payers call. It may share the books with another.
///
/// It dies at a point between two steps: from then on nothing of it has any effect. What it was doing is told that the store and the
/// network are gone, and whatever it then makes of that reaches nobody.
final class Life: Sendable {
  let create: CreateLink
  let cancel: CancelLink
  let accept: AcceptPayment
  let operate: OperateLink
  let sync: SyncLink
  let reconcile: ReconcileDue
  let expire: ExpireDue
  let merchants: Merchants
  let router: Router
  let name: String
  private let breath: Breath

  init(books: SQLiteStore, world: World, network: any HTTPCaller) throws {
    let logger = world.isVerbose ? Logger(label: "gateway") : Logger(label: "gateway") { _ in SwiftLogNoOpLogHandler() }
    let clock = WorldClock(sandbox: world.clock)
    name = world.newName()
    let breath = Breath(world: world, name: name)
    self.breath = breath
    let terms = LeaseTerms(holder: name)
    let store = MortalStore(store: books, breath: breath)
    let caller = MortalCaller(network: network, breath: breath)
    let accounts = try Account.all
    merchants = Merchants(
      accounts.map { account in
        Merchant(
          name: account.name, currency: account.currency,
          lateMoney: .init(Self.lateMoney(of: account, world.seed)),
          acquirer: FreedomPayAcquirer(merchant: account, caller: caller, clock: clock, logger: logger))
      })
    let settle = SettlePayment(store: store, merchants: merchants, clock: clock, logger: logger)
    let run = RunOperation(store: store, merchants: merchants, settle: settle, clock: clock, logger: logger)
    sync = SyncLink(store: store, merchants: merchants, settle: settle, clock: clock, logger: logger)
    create = CreateLink(store: store, merchants: merchants, clock: clock, logger: logger)
    cancel = CancelLink(store: store, run: run, clock: clock, logger: logger)
    accept = AcceptPayment(store: store, clock: clock, logger: logger)
    operate = OperateLink(store: store, run: run, clock: clock, logger: logger)
    let recover = RecoverLink(store: store, settle: settle, clock: clock, timing: .init(), logger: logger)
    reconcile = ReconcileDue(
      store: store, merchants: merchants, sync: sync, recover: recover, run: run, clock: clock, terms: terms, logger: logger,
      takenOver: { world.takenOver($0) })
    expire = ExpireDue(store: store, clock: clock, terms: terms, logger: logger, takenOver: { world.takenOver($0) })
    let callbacks = FreedomPayCallbacks(
      merchants: accounts, check: CheckPayment(store: store, clock: clock, logger: logger), settle: settle, clock: clock, logger: logger)
    let returns = FreedomPayReturns(
      read: ReadLinks(store: store), markSeen: MarkSeen(store: store, clock: clock), sync: sync, logger: logger)
    router = try Router(callbacks.routes + returns.routes)
  }

  /// Each policy about late money has its seeds, in both families.
  private static func lateMoney(of account: FreedomPayMerchant, _ seed: UInt64) -> LateMoney {
    LateMoney.allCases[Int(seed % 4 + (account.family == .merchant ? 1 : 0)) % 4]
  }

  var isDead: Bool { breath.isOver }

  /// - Returns: whether the process lives on.
  func passes(_ point: String) async -> Bool { await breath.passes(point) }
}

/// Whether a process lives.
final class Breath: Sendable {
  private let world: World
  private let name: String
  private let over = Atomic(false)

  init(world: World, name: String) {
    self.world = world
    self.name = name
  }

  var isOver: Bool { over.load(ordering: .relaxed) }

  func passes(_ point: String) async -> Bool {
    guard !isOver else { return false }
    if world.kills(at: point) {
      over.store(true, ordering: .relaxed)
      world.note("† \(name) killed \(point)")
      return false
    }
    await world.meanwhile()
    return !isOver
  }
}

/// Books that a dead process cannot reach.
private struct MortalStore: Store {
  let store: SQLiteStore
  let breath: Breath

  func perform<Unit: UnitOfWork>(_ unit: Unit) async throws(StoreError) -> Unit.Outcome {
    let name = "\(Unit.self)"
    guard await breath.passes(KillPoint.beforeStore(name)) else { throw gone }
    let outcome = try await store.perform(unit)
    guard await breath.passes(KillPoint.afterStore(name)) else { throw gone }
    return outcome
  }

  private var gone: StoreError { StoreError(.unavailable, "the process is dead") }

  private func living() throws(StoreError) -> SQLiteStore {
    if breath.isOver { throw gone }
    return store
  }

  func take(_ work: SharedWork, under terms: LeaseTerms, at now: Timestamp, limit: Int) async throws(StoreError) -> [LeasedLink] {
    guard await breath.passes(KillPoint.beforeStore(KillPoint.lease)) else { throw gone }
    let taken = try await store.take(work, under: terms, at: now, limit: limit)
    guard await breath.passes(KillPoint.afterStore(KillPoint.lease)) else { throw gone }
    return taken
  }
  func renew(_ work: SharedWork, of links: [LinkID], under terms: LeaseTerms, at now: Timestamp) async throws(StoreError) -> Int {
    try await living().renew(work, of: links, under: terms, at: now)
  }
  func finish(_ work: SharedWork, of links: [LinkID], under terms: LeaseTerms) async throws(StoreError) {
    try await living().finish(work, of: links, under: terms)
  }

  func link(_ id: LinkID) async throws(StoreError) -> PaymentLink? { try await living().link(id) }
  func link(by token: TokenKind, _ value: Token) async throws(StoreError) -> PaymentLink? { try await living().link(by: token, value) }
  func links(_ query: LinkQuery) async throws(StoreError) -> LinkPage { try await living().links(query) }
  func linksToLookAt(merchant: MerchantName, before: Timestamp, limit: Int) async throws(StoreError) -> [PaymentLink] {
    try await living().linksToLookAt(merchant: merchant, before: before, limit: limit)
  }
  func linksToExpire(before: Timestamp, limit: Int) async throws(StoreError) -> [PaymentLink] {
    try await living().linksToExpire(before: before, limit: limit)
  }
  func orphans(_ query: OrphanQuery) async throws(StoreError) -> OrphanPage { try await living().orphans(query) }
  func orphan(_ payment: PaymentID, of merchant: MerchantName) async throws(StoreError) -> Orphan? {
    try await living().orphan(payment, of: merchant)
  }
  func oldest() async throws(StoreError) -> [Unfinished] { try await living().oldest() }
  func events(of link: LinkID) async throws(StoreError) -> [Event] { try await living().events(of: link) }
  func health() async -> Bool { !breath.isOver }
}

/// A network that a dead process cannot reach.
private struct MortalCaller: HTTPCaller {
  let network: any HTTPCaller
  let breath: Breath

  func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
    let call = KillPoint.call(request.url)
    guard await breath.passes(KillPoint.beforeSend(call)) else { throw gone }
    let answer: Result<HTTPClientResponse, HTTPClientError>
    do throws(HTTPClientError) { answer = .success(try await network.send(request)) } catch { answer = .failure(error) }
    // The acquirer has it and has decided; we have no answer yet.
    guard await breath.passes(KillPoint.afterSend(call)) else { throw gone }
    let response = try answer.get()
    guard await breath.passes(KillPoint.afterAnswer(call)) else { throw gone }
    return response
  }

  private var gone: HTTPClientError { HTTPClientError(code: .canceled, mayHaveBeenSent: true, detail: "the process is dead") }
}

/// The two accounts of every run: one of each family.
enum Account {
  static let publicURL = "http://127.0.0.1:8080"
  static let secret = "simulation-secret"

  static var all: [FreedomPayMerchant] {
    get throws { [try of(.gateway), try of(.merchant)] }
  }

  static func of(_ family: Family) throws -> FreedomPayMerchant {
    guard let secret = SecretKey(secret) else { throw InvalidValue("no secret") }
    return FreedomPayMerchant(
      name: try MerchantName(family.rawValue), number: number(of: family), secrets: SecretKeys(current: secret), region: .uz,
      baseURL: base(of: family), family: family, currency: try Currency("UZS"),
      encoding: family == .gateway ? .multipart : .urlencoded, publicURL: publicURL)
  }

  static func number(of family: Family) -> Int64 { family == .gateway ? 100_001 : 100_002 }
  static func base(of family: Family) -> String { family == .gateway ? "http://127.0.0.1:8081" : "http://127.0.0.1:8082" }
}
