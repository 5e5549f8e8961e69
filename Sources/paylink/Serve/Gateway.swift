import CoreMetrics
import Facade
import FreedomPay
import HTTPClient
import HTTPServer
import Logging
import Operations
import Payments
import Storage
import Webhooks

/// The use cases with their ports, and the routes and jobs that call them.
struct Gateway {
  private let settings: Settings
  private let store: any BookStore
  private let clock: any WallClock
  private let metrics: PrometheusMetrics
  private let merchants: Merchants
  private let settle: SettlePayment
  private let sync: SyncLink
  private let run: RunOperation
  private let follow: FollowLink
  private let logger: Logger
  private let rates: Rates

  init(settings: Settings, store: any BookStore, caller: any HTTPCaller, clock: any WallClock, metrics: PrometheusMetrics) {
    self.settings = settings
    self.store = store
    self.clock = clock
    self.metrics = metrics
    logger = Logger(label: "paylink.payments")
    rates = settings.browsers.rates
    let pictures = PagePictures(text: PictureQueue.text) { merchant in
      metrics.makeCounter(label: MetricName.picturesWithheld, dimensions: [("merchant", "\(merchant)")]).increment(by: 1)
    }
    merchants = Assembly.merchants(
      settings, caller: caller, clock: clock, pictures: pictures, logger: Logger(label: "paylink.freedompay"))
    let timing = settings.limits.timing
    settle = SettlePayment(store: store, merchants: merchants, clock: clock, timing: timing, logger: logger)
    sync = SyncLink(store: store, merchants: merchants, settle: settle, clock: clock, timing: timing, logger: logger)
    run = RunOperation(store: store, merchants: merchants, settle: settle, clock: clock, logger: logger)
    let watch = LinkWatch(store: store, logger: logger) { store.hearsOthers }
    store.onMissed { watch.lookAgain() }
    store.onChange { watch.note($0) }
    follow = FollowLink(store: store, watch: watch, readers: settings.limits.waitingReaders)
  }

  private var timing: Timing { settings.limits.timing }

  /// The API, the acquirer's calls and the payers' returns, in one router.
  var routes: [Route] {
    Traces().traced(RequestMetrics(metrics).measured(facade.routes + callbacks.routes + rates.limited(returns.routes)))
  }

  private var facade: Facade {
    let metrics = metrics
    let created = CounterTable<LinkCount> { count in
      metrics.makeCounter(
        label: MetricName.linksCreated, dimensions: [("merchant", "\(count.merchant)"), ("outcome", count.outcome.rawValue)])
    }
    var configuration = FacadeConfiguration(
      publicURL: settings.publicURL.text, keys: settings.apiKeys.map(\.key), merchants: merchants, bodyLimit: settings.limits.bodySize)
    configuration.origins = settings.browsers.origins
    configuration.rates = rates
    configuration.keyUsed = { key, at in
      metrics.makeMeter(label: MetricName.keyLastUsed, dimensions: [("key", key)]).set(at.milliseconds / 1000)
    }
    return Facade(
      configuration: configuration, create: CreateLink(store: store, merchants: merchants, clock: clock, timing: timing, logger: logger),
      read: ReadLinks(store: store), events: ReadEvents(store: store, feed: store),
      deliveries: OperateDeliveries(
        endpoints: settings.webhooks.map(\.place.endpoint), feed: store, outbox: store, clock: clock,
        logger: Logger(label: "paylink.webhooks")),
      cancel: CancelLink(store: store, run: run, clock: clock, logger: logger),
      accept: AcceptPayment(store: store, clock: clock, logger: logger),
      operate: OperateLink(store: store, run: run, clock: clock, logger: logger),
      orphans: OrphanCases(
        read: ReadOrphans(store: store),
        adopt: AdoptOrphan(store: store, merchants: merchants, settle: settle, logger: logger)), sync: sync,
      seen: MarkSeen(store: store, clock: clock), follow: follow,
      fresh: OpenFreshPage(store: store, merchants: merchants, sync: sync, clock: clock, timing: timing, logger: logger),
      clock: clock, logger: Logger(label: "paylink.api"),
      count: { merchant, outcome in created.count(LinkCount(merchant: merchant, outcome: outcome)) })
  }

  private var callbacks: FreedomPayCallbacks {
    let metrics = metrics
    let answered = CounterTable<CallbackCount> { count in
      metrics.makeCounter(label: MetricName.callbacks, dimensions: [("kind", count.kind.rawValue), ("verdict", "\(count.outcome)")])
    }
    return FreedomPayCallbacks(
      merchants: settings.merchants.map { Assembly.account($0, settings: settings) },
      check: CheckPayment(store: store, clock: clock, timing: timing, logger: logger), settle: settle, clock: clock,
      logger: Logger(label: "paylink.callbacks"),
      count: { kind, outcome in answered.count(CallbackCount(kind: kind, outcome: outcome)) })
  }

  private var returns: FreedomPayReturns {
    FreedomPayReturns(
      read: ReadLinks(store: store), markSeen: MarkSeen(store: store, clock: clock), sync: sync, logger: Logger(label: "paylink.returns"))
  }

  func operations(draining: Draining) -> Operations {
    Operations(store: store, draining: draining, metrics: metrics)
  }

  /// What is done on a schedule (design §6).
  func jobs(terms: LeaseTerms, draining: Draining, connections: @escaping @Sendable () -> Int) -> [Schedule.Job] {
    let recover = RecoverLink(store: store, settle: settle, clock: clock, timing: timing, logger: logger)
    let metrics = metrics
    let takenOver = { @Sendable (work: SharedWork) in
      metrics.makeCounter(label: MetricName.leasesTakenOver, dimensions: [("work", work.word)]).increment(by: 1)
    }
    let reconcile = ReconcileDue(
      store: store, merchants: merchants, sync: sync, recover: recover, run: run, clock: clock, terms: terms, logger: logger,
      takenOver: takenOver)
    let expire = ExpireDue(store: store, clock: clock, terms: terms, logger: logger, takenOver: takenOver)
    let gauge = metrics.makeMeter(label: MetricName.connections, dimensions: [])
    let (waiting, follow) = (metrics.makeMeter(label: MetricName.waitingReaders, dimensions: []), follow)
    let (hearing, store) = (metrics.makeMeter(label: MetricName.hearsOthers, dimensions: []), store)
    return [
      Schedule.Job(name: "reconcile", every: timing.askEvery) { () throws(StoreError) in try await reconcile() },
      // A link ends within a second of its time, or of the moved clock.
      Schedule.Job(name: "expire", every: .seconds(1)) { () throws(StoreError) in try await expire() },
      // As fresh as a scrape needs it.
      Schedule.Job(name: "gauges", every: .seconds(5)) { () throws(StoreError) in
        gauge.set(Int64(connections()))
        waiting.set(Int64(follow.readers))
        hearing.set(Int64(store.hearsOthers ? 1 : 0))
        try await setAges()
      },
      Schedule.Job(name: "prune", every: .hours(1)) { () throws(StoreError) in try await prune(draining) },
    ]
  }

  /// Takes away what the settings keep no longer, for a while: the next turn goes on.
  private func prune(_ draining: Draining) async throws(StoreError) {
    let all = try await store.prune(settings.retention, at: clock.now(), batches: Self.pruneBatches) { !draining.hasBegun }
    for pruned in all where pruned.count > 0 {
      logger.notice(
        "old rows removed",
        metadata: ["kind": "\(pruned.kind.rawValue)", "count": "\(pruned.count)", "before": "\(pruned.before?.rfc3339 ?? "-")"])
    }
  }

  /// Of each kind in a turn: two hundred thousand rows, more than an hour of a busy shop brings.
  private static let pruneBatches = 200

  private func setAges() async throws(StoreError) {
    let now = clock.now()
    for oldest in try await store.oldest() {
      let age = oldest.since.map { max(now - $0, .zero).components.seconds } ?? 0
      metrics.makeMeter(label: MetricName.oldestAge, dimensions: [("kind", oldest.kind.rawValue), ("status", oldest.status)]).set(age)
    }
  }
}

/// What `paylink_links_created_total` tells apart.
private struct LinkCount: Hashable {
  let merchant: MerchantName
  let outcome: CreateCount
}

/// What `paylink_callbacks_total` tells apart.
private struct CallbackCount: Hashable {
  let kind: CallbackKind
  let outcome: CallbackOutcome
}
