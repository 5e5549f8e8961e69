import Foundation
import FreedomPay
import HTTPServer
import HTTPTypes
import Logging
import Payments
import Sandbox
import Storage
import Synchronization

/// One run: a storm of shop, payers, faults and kills, then calm until nothing is due any more, then the invariants.
final class Simulation: Sendable {
  /// What the shop asked for, to be asked for again under the same key.
  enum Wish: Sendable {
    case create(NewLink)
    case operate(NewOperation, LinkID, MerchantName)
    case cancel(LinkID, MerchantName)
  }

  struct Asked: Sendable {
    var wish: Wish
    var reference: IdempotencyReference
    /// What the shop was told that this made.
    var made: String?
  }

  struct State {
    var asked: [Asked] = []
    /// Orders with their merchant, most used again and again.
    var orders: [(Family, OrderID)] = []
    var killed = 0
    /// The page that somebody is about to pay.
    var paying: String?
  }

  let world: World
  let acquirers: Acquirers
  let state = Mutex(State())
  private let folder: URL

  init(seed: UInt64, isVerbose: Bool = false) throws {
    world = World(seed: seed, isVerbose: isVerbose)
    acquirers = try Acquirers(world: world)
    folder = URL(filePath: Self.scratch).appending(path: "paylink-simulation-\(seed)-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Memory where there is a file system in it: a run is about what stands in the file, not about the disk.
  private static var scratch: String { FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory() }

  var path: String { folder.appending(path: "books.db").path() }

  /// What is violated stands in `world` afterwards.
  func run() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try await restartDead()
    world.allow { [weak self] in
      await self?.oneDeed()
    } betweenCheckAndPayment: { [weak self] in
      await self?.spoilPayment()
    }
    try makeOrders()
    try await loadFaults()
    for _ in 0..<world.pick(40...90) {
      try await step()
    }
    world.calm()
    try await clearFaults()
    try await restartDead()
    try await becomeQuiet()
    try await judge()
    await world.books?.close()
    world.books = nil
    world.lives = []
  }

  // MARK: - Lives

  /// New processes for those that died. When none is left, the books are opened anew: all that is left then is the file.
  func restartDead() async throws {
    let living = world.lives.filter { !$0.isDead }
    let missing = world.processes - living.count
    guard missing > 0 else { return }
    if living.isEmpty {
      await world.books?.close()
      world.books = try SQLiteStore.open(path: path, logger: Logger(label: "books") { _ in SwiftLogNoOpLogHandler() })
    }
    guard let books = world.books else { return }
    let network = Network(world: world, acquirers: acquirers)
    let born = try (0..<missing).map { _ in try Life(books: books, world: world, network: network) }
    let isFirst = world.lives.isEmpty
    world.lives = living + born
    if !isFirst { state.withLock { $0.killed += missing } }
    world.note("\(isFirst ? "started" : "restarted"): \(born.map(\.name))")
  }

  var killed: Int { state.withLock { $0.killed } }

  var living: Life? { world.living }

  // MARK: - Storm

  private func makeOrders() throws {
    for number in 0..<world.pick(3...10) {
      let order = try OrderID("A\(1000 + number)")
      let family = world.pick([Family.gateway, .merchant, .merchant])
      state.withLock { $0.orders.append((family, order)) }
    }
  }

  private func step() async throws {
    world.clock.advance(by: .milliseconds(world.pick(7...900)))
    // A dead process stays dead for some steps.
    if world.lives.contains(where: \.isDead), world.happens(50) { try await restartDead() }
    switch world.pick(1...100) {
    case ...9: try await passTime()
    case ...25: await runJobs()
    default: await oneDeed()
    }
  }

  /// Something that a shop or a payer does.
  func oneDeed() async {
    switch world.pick(1...100) {
    case ...19: await create()
    case ...26: await repeatWish()
    case ...50: await pay()
    case ...55: await comeBack()
    case ...75: await operate()
    case ...78: await cancel()
    case ...89: await accept()
    case ...94: await sync()
    case ...97: world.clock.advance(by: .seconds(world.pick(1...90)))
    default: await runJobs()
    }
  }

  /// What makes money late, or one of two.
  private func spoilPayment() async {
    switch world.pick(1...10) {
    case ...5: await cancelWhatIsPaid()
    case ...8:
      world.clock.advance(by: .seconds(world.pick([300, 700, 1900, 7300, 44_000])))
      await runJobs()
    default: await oneDeed()
    }
  }

  private func passTime() async throws {
    let step = world.pick([6, 30, 30, 125, 300, 700, 1900, 7300, 22_000])
    try await advance(by: step)
    await runJobs()
  }

  /// Moves both acquirers' time, and lets them tell what became due.
  func advance(by seconds: Int) async throws {
    world.note("+\(seconds) s")
    world.clock.advance(by: .seconds(seconds))
    for family in Family.allCases { _ = try await control(family, "/control/clock", #"{"advance": "0s"}"#) }
  }

  /// What the process does on its schedule.
  func runJobs() async {
    guard let life = living else { return }
    do {
      _ = try await life.expire()
      _ = try await life.reconcile()
    } catch {
      world.note("a job failed: \(error.detail)")
    }
  }

  // MARK: - Faults of the acquirers

  private func loadFaults() async throws {
    for family in Family.allCases {
      let rules = (0..<world.pick(0...7)).map { _ in rule(family) }
      world.note("faults of \(family.rawValue): \(rules)")
      let (status, body) = try await control(
        family, "/control/faults", "{\"seed\": \(world.seed), \"rules\": [\(rules.joined(separator: ","))]}")
      if status != 200 { world.violation("the rules were refused: \(String(decoding: body, as: UTF8.self))") }
    }
  }

  private func clearFaults() async throws {
    for family in Family.allCases { _ = try await control(family, "/control/faults", #"{"rules": []}"#) }
  }

  private func rule(_ family: Family) -> String {
    let point = world.pick([
      "any_amount", family == .gateway ? "payment_page" : "init_payment", "status", "capture", "cancel", "refund", "refund", "check",
      "result",
    ])
    var faults = ["drop", "delay", "timeout_before_accept", "timeout_after_accept", "bad_signature", "unsigned", "html", "truncated"]
    faults += ["http_401", "http_404", "http_500"]
    let isCallback = point == "check" || point == "result"
    if !isCallback { faults += ["slow_drip"] }
    if point == "result" { faults += ["reorder", "reorder"] }
    if ["capture", "cancel", "refund"].contains(point) {
      faults += ["pending", "fail", "invisible", "pending", "invisible"]
    }
    // Signed, and about another payment.
    if ["status", "capture", "cancel", "refund"].contains(point) { faults += ["wrong_id"] }
    // An ok that is only a promise is known of the Merchant family's refunds alone (protocol §8).
    if point == "refund", family == .merchant { faults += ["fail_later", "fail_later"] }
    // A refund of the Gateway family has no key: delivered twice, it is two, and nobody on our side could know (catalogue §12.11).
    if !(point == "refund" && family == .gateway) { faults += ["duplicate"] }
    let fault = world.pick(faults)
    var rule = #"{"on": "\#(point)", "fault": "\#(fault)", "times": \#(world.pick(1...4)), "percent": \#(world.pick([20, 50, 100]))"#
    rule += #", "skip": \#(world.pick(0...3)), "delay_ms": \#(fault == "reorder" ? world.pick(1000...120_000) : 0)"#
    if ["pending", "fail_later", "invisible"].contains(fault) { rule += #", "after": "\#(world.pick(["5s", "10m", "3h", "12h"]))""# }
    return rule + "}"
  }

  func control(_ family: Family, _ path: String, _ json: String) async throws -> (status: Int, body: [UInt8]) {
    let request = try Request(.post, path, fields: [.contentType: "application/json"], body: Array(json.utf8))
    let response = await acquirers[family].respond(to: request)
    return (response.status.code, try await Wire.bytes(response))
  }

  // MARK: - Calm

  /// Forward in time until nothing is due and no repeat of a callback can come any more; ten days at most.
  private func becomeQuiet() async throws {
    let end = world.clock.now() + 10 * 86_400_000
    let repeatsEnd = world.clock.now() + 3 * 3_600_000
    world.note("calm")
    while world.clock.now() < end {
      await settleWhatIsDue()
      let now = world.clock.now()
      let dues = try await allLinks().flatMap { link in
        [link.nextLookAt?.milliseconds, link.status == .active ? link.expiresAt.milliseconds : nil].compactMap(\.self)
      }
      guard let next = now < repeatsEnd ? now + 900_000 : dues.min() else { break }
      // Looks of one time are taken together: the process may well have slept for four hours.
      let least: Int64 = now < repeatsEnd ? 60_000 : 4 * 3_600_000
      try await advance(by: Int(max(next - now, least) / 1000) + 1)
    }
  }

  private func settleWhatIsDue() async {
    guard let life = living else { return }
    for _ in 0..<200 {
      do {
        _ = try await life.expire()
        if try await life.reconcile() == 0 { return }
      } catch {
        world.violation("a job failed in calm: \(error.detail)")
        return
      }
      world.clock.advance(by: .seconds(2))
    }
    world.violation("what is due never ends")
  }

  func allLinks() async throws -> [PaymentLink] {
    guard let books = world.books else { return [] }
    return try await books.links(LinkQuery(merchants: try Account.all.map(\.name), limit: 1000)).links.reversed()
  }
}
