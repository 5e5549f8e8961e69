import FreedomPay
import Payments
import Sandbox
import Synchronization

/// What the shop does, with what it can know: it asks, gets an answer or none, and asks again under the same key.
extension Simulation {
  func create() async {
    guard let life = living else { return }
    let (family, order) = world.pick(state.withLock { $0.orders })
    do {
      let name = try MerchantName(family.rawValue)
      let new = NewLink(merchant: name, order: order, terms: try terms(family))
      guard let merchant = life.merchants[name], merchant.acquirer.faults(in: new.terms, order: order).isEmpty else { return }
      await ask(.create(new))
    } catch {
      world.violation("a test's own value: \(error)")
    }
  }

  private func terms(_ family: Family) throws -> LinkTerms {
    let currency = try Currency("UZS")
    func money(_ whole: Int) -> Money { Money(minorUnits: Int64(whole) * 100, currency: currency) }
    var amount = AmountRule.exactly(money(world.pick(10...500)))
    if world.happens(35) {
      amount = .between(money(100), money(500), suggested: world.happens(50) ? money(world.pick(100...500)) : nil)
    }
    var terms = LinkTerms(amount: amount, description: "Order", lifetime: .seconds(world.pick([300, 900, 3600, 21_600, 43_200])))
    if family == .merchant, world.happens(50) { terms.capture = .manual }
    return terms
  }

  func operate() async {
    guard let link = await anyLink(where: { link in link.payments.contains { $0.status.hasMoney } }) else { return }
    guard let payment = link.counting ?? link.payments.first else { return }
    if payment.status == .authorized, world.happens(40) { return await ask(.cancel(link.id, link.merchant)) }
    let kind: Operation.Kind = payment.status == .authorized ? .capture : .refund
    let whole = Int(kind == .refund ? max(payment.captured, 1) : payment.amount?.minorUnits ?? 1)
    // Whole units, all of it, or a little too much.
    let amount: Int64? = world.pick([
      nil, Int64(max(1, whole / 300)) * 100, Int64(max(1, whole / 200)) * 100, Int64(whole), Int64(whole) + 1,
    ])
    await ask(.operate(NewOperation(kind: kind, amount: amount), link.id, link.merchant))
  }

  func cancel() async {
    guard let link = await anyLink(where: { _ in true }) else { return }
    await ask(.cancel(link.id, link.merchant))
  }

  /// Somebody is about to pay it.
  func cancelWhatIsPaid() async {
    let page = state.withLock { $0.paying }
    guard let page, let link = await anyLink(where: { $0.page?.url == page }) else { return }
    await ask(.cancel(link.id, link.merchant))
  }

  func accept() async {
    guard let life = living, let link = await anyLink(where: { $0.status == .review }) else { return }
    world.note("accept \(Self.name(link))")
    do { _ = try await life.accept(link.id, of: link.merchant) } catch { world.note("  no answer") }
  }

  func sync() async {
    guard let life = living, let link = await anyLink(where: { _ in true }) else { return }
    world.note("sync \(Self.name(link))")
    do { _ = try await life.sync(link, within: .seconds(20)) } catch { world.note("  no answer") }
  }

  func repeatWish() async {
    let asked = state.withLock { $0.asked }
    guard !asked.isEmpty, living != nil else { return }
    await ask(again: world.pick(0...asked.count - 1))
  }

  // MARK: -

  static func name(_ link: PaymentLink) -> String { "\(link.merchant) \(link.order) \(link.id.text.suffix(5)) (\(link.status.rawValue))" }

  func anyLink(where fits: (PaymentLink) -> Bool) async -> PaymentLink? {
    guard living != nil else { return nil }
    do {
      let links = try await allLinks().filter(fits)
      return links.isEmpty ? nil : world.pick(links)
    } catch {
      world.violation("the books cannot be read: \(error)")
      return nil
    }
  }

  private func ask(_ wish: Wish) async {
    let place = state.withLock { state in
      let key = "key-\(state.asked.count)"
      state.asked.append(Asked(wish: wish, reference: IdempotencyReference(caller: "shop", key: key, fingerprint: "\(key) \(wish)")))
      return state.asked.count - 1
    }
    await ask(again: place)
  }

  private func ask(again place: Int) async {
    guard let life = living else { return }
    let asked = state.withLock { $0.asked[place] }
    do throws(StoreError) {
      switch asked.wish {
      case .create(let new):
        // Names sort by milliseconds, then by chance that is not ours: no two links of one time.
        world.clock.advance(by: .milliseconds(1))
        world.note("create \(new.merchant) \(new.order) \(asked.reference.key) \(new.terms.amount) \(new.terms.capture.rawValue)")
        let outcome = try await life.create(new, idempotency: asked.reference)
        guard !life.isDead else { return world.note("  no answer") }
        told(outcome, place)
      case .operate(let new, let link, let merchant):
        world.note("\(new.kind.rawValue) \(new.amount.map { "\($0)" } ?? "all") of \(link.text.suffix(5)) \(asked.reference.key)")
        let outcome = try await life.operate(new, on: link, of: merchant, idempotency: asked.reference)
        guard !life.isDead else { return world.note("  no answer") }
        told(outcome, place)
      case .cancel(let link, let merchant):
        world.note("cancel \(link.text.suffix(5)) \(asked.reference.key)")
        let outcome = try await life.cancel(link, of: merchant, idempotency: asked.reference)
        guard !life.isDead else { return world.note("  no answer") }
        switch outcome {
        case .canceled: world.note("  canceled")
        case .releasing(_, let id): made(id.text, place)
        case .replayed(_, let id): id.map { made($0.text, place) }
        case .refused(let why, _): world.note("  refused: \(why)")
        case .keyReused, .notFound: world.violation("cancel: \(outcome)")
        }
      }
    } catch {
      world.note("  no answer: \(error.detail)")
    }
  }

  private func told(_ outcome: CreateLink.Outcome, _ place: Int) {
    switch outcome {
    case .created(let link), .pending(let link), .replayed(let link):
      world.note("  \(Self.name(link))")
      made(link.id.text, place)
    case .refused(let why, _): world.note("  refused: \(why)")
    case .inProgress: world.note("  in progress")
    case .notSent: state.withLock { $0.asked[place].made = nil }
    case .keyReused: world.violation("a key that was never used for anything else was refused")
    }
  }

  private func told(_ outcome: OperateLink.Outcome, _ place: Int) {
    switch outcome {
    case .operated(let link, let id), .replayed(let link, let id):
      world.note("  \(link.operation(id)?.status.rawValue ?? "?") \(Self.name(link))")
      made(id.text, place)
    case .refused(let why, _): world.note("  refused: \(why)")
    case .keyReused, .notFound: world.violation("operate: \(outcome)")
    }
  }

  /// A key makes one thing, however often it is used.
  private func made(_ id: String, _ place: Int) {
    let before = state.withLock { state in
      defer { state.asked[place].made = id }
      return state.asked[place].made
    }
    if let before, before != id { world.violation("key \(place) made \(before) and \(id)") }
  }
}
