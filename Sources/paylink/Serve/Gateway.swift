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
  private let store: SQLiteStore
  private let clock: any WallClock
  private let metrics: PrometheusMetrics
  private let merchants: Merchants
  private let settle: SettlePayment
  private let sync: SyncLink
  private let run: RunOperation
  private let logger: Logger

  init(settings: Settings, store: SQLiteStore, caller: any HTTPCaller, clock: any WallClock, metrics: PrometheusMetrics) {
    self.settings = settings
    self.store = store
    self.clock = clock
    self.metrics = metrics
    logger = Logger(label: "paylink.payments")
    merchants = Assembly.merchants(settings, caller: caller, clock: clock, logger: Logger(label: "paylink.freedompay"))
    let timing = settings.limits.timing
    settle = SettlePayment(store: store, merchants: merchants, clock: clock, timing: timing, logger: logger)
    sync = SyncLink(store: store, merchants: merchants, settle: settle, clock: clock, timing: timing, logger: logger)
    run = RunOperation(store: store, merchants: merchants, settle: settle, clock: clock, logger: logger)
  }

  private var timing: Timing { settings.limits.timing }

  /// The API, the acquirer's calls and the payers' returns, in one router.
  var routes: [Route] {
    RequestMetrics(metrics).measured(facade.routes + callbacks.routes + returns.routes)
  }

  private var facade: Facade {
    let metrics = metrics
    let configuration = FacadeConfiguration(
      publicURL: settings.publicURL.text, keys: settings.apiKeys.map(\.key), merchants: merchants, bodyLimit: settings.limits.bodySize)
    return Facade(
      configuration: configuration, create: CreateLink(store: store, merchants: merchants, clock: clock, timing: timing, logger: logger),
      read: ReadLinks(store: store), events: ReadEvents(store: store, feed: store),
      deliveries: OperateDeliveries(
        endpoints: settings.webhooks.map(\.place.endpoint), feed: store, outbox: store, clock: clock,
        logger: Logger(label: "paylink.webhooks")),
      cancel: CancelLink(store: store, run: run, clock: clock, logger: logger),
      accept: AcceptPayment(store: store, clock: clock, logger: logger),
      operate: OperateLink(store: store, run: run, clock: clock, logger: logger), sync: sync, seen: MarkSeen(store: store, clock: clock),
      clock: clock, logger: Logger(label: "paylink.api"),
      count: { merchant, outcome in
        metrics.makeCounter(
          label: MetricName.linksCreated, dimensions: [("merchant", "\(merchant)"), ("outcome", outcome.rawValue)]
        ).increment(by: 1)
      })
  }

  private var callbacks: FreedomPayCallbacks {
    let metrics = metrics
    return FreedomPayCallbacks(
      merchants: settings.merchants.map { Assembly.account($0, settings: settings) },
      check: CheckPayment(store: store, clock: clock, timing: timing, logger: logger), settle: settle, clock: clock,
      logger: Logger(label: "paylink.callbacks"),
      count: { kind, outcome in
        metrics.makeCounter(
          label: MetricName.callbacks, dimensions: [("kind", kind.rawValue), ("verdict", "\(outcome)")]
        ).increment(by: 1)
      })
  }

  private var returns: FreedomPayReturns {
    FreedomPayReturns(
      read: ReadLinks(store: store), markSeen: MarkSeen(store: store, clock: clock), sync: sync, logger: Logger(label: "paylink.returns"))
  }

  func operations(draining: Draining) -> Operations {
    Operations(store: store, draining: draining, metrics: metrics)
  }

  /// What is done on a schedule (design §6).
  func jobs(connections: @escaping @Sendable () -> Int) -> [Schedule.Job] {
    let recover = RecoverLink(store: store, settle: settle, clock: clock, timing: timing, logger: logger)
    let reconcile = ReconcileDue(store: store, merchants: merchants, sync: sync, recover: recover, run: run, clock: clock, logger: logger)
    let expire = ExpireDue(store: store, clock: clock, logger: logger)
    let gauge = metrics.makeMeter(label: MetricName.connections, dimensions: [])
    return [
      Schedule.Job(name: "reconcile", every: timing.askEvery) { () throws(StoreError) in try await reconcile() },
      // A link ends within a second of its time, or of the moved clock.
      Schedule.Job(name: "expire", every: .seconds(1)) { () throws(StoreError) in try await expire() },
      // As fresh as a scrape needs it.
      Schedule.Job(name: "gauges", every: .seconds(5)) { () throws(StoreError) in gauge.set(Int64(connections())) },
    ]
  }
}
