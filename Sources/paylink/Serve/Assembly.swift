import Facade
import FreedomPay
import HTTPClient
import HTTPServer
import Logging
import Payments
import Transport

/// Makes the rooms' parts from the settings. Nothing here starts anything but loops.
enum Assembly {
  static func loops(count: Int = EventLoopGroup.coreCount) throws(CommandFailure) -> EventLoopGroup {
    do {
      return try EventLoopGroup(count: count)
    } catch {
      throw CommandFailure(.unavailable, "no event loop can be made: \(error)")
    }
  }

  /// The client for calls to the acquirer.
  static func clientConfiguration(_ settings: Settings) -> HTTPClientConfiguration {
    HTTPClientConfiguration(
      trust: settings.acquirerCAFile.map { .systemAnd(file: $0) } ?? .system, proxy: settings.acquirerProxy?.text,
      inFlight: settings.limits.acquirerInFlight, waiting: settings.limits.acquirerWaiting,
      connectionsPerHost: settings.limits.acquirerInFlight, connections: settings.limits.acquirerInFlight * 2)
  }

  static func account(_ merchant: MerchantSettings, settings: Settings) -> FreedomPayMerchant {
    FreedomPayMerchant(
      name: merchant.name, number: merchant.number, secrets: merchant.secrets, region: merchant.region, baseURL: merchant.baseURL?.text,
      family: merchant.family, currency: merchant.currency, isTesting: merchant.isTesting, encoding: merchant.encoding,
      scriptNames: merchant.scriptNames, publicURL: settings.publicURL.text)
  }

  static func acquirer(
    _ merchant: MerchantSettings, settings: Settings, caller: any HTTPCaller, clock: any WallClock, pictures: PagePictures = .none,
    logger: Logger
  ) -> FreedomPayAcquirer {
    FreedomPayAcquirer(
      merchant: account(merchant, settings: settings), caller: caller, clock: clock, callLimit: settings.limits.acquirerTimeout,
      connectLimit: settings.limits.acquirerConnectTimeout, pictures: pictures, logger: logger)
  }

  static func merchants(
    _ settings: Settings, caller: any HTTPCaller, clock: any WallClock, pictures: PagePictures, logger: Logger
  ) -> Merchants {
    Merchants(
      settings.merchants.map { merchant in
        Merchant(
          name: merchant.name, currency: merchant.currency, isTesting: merchant.isTesting, lateMoney: merchant.lateMoney,
          acquirer: acquirer(merchant, settings: settings, caller: caller, clock: clock, pictures: pictures, logger: logger))
      })
  }

  /// The bounds of one of our servers (design §4.7).
  static func serverLimits(_ limits: LimitSettings) -> ServerLimits {
    var server = ServerLimits()
    server.headBytes = limits.headSize
    server.targetBytes = min(server.targetBytes, limits.headSize)
    server.fields = limits.headFields
    server.headTime = limits.headTimeout
    server.handshakeTime = limits.handshakeTimeout
    server.bodyTime = limits.bodyTimeout
    server.idleTime = limits.idleTimeout
    server.writeTime = limits.writeTimeout
    server.connections = limits.connections
    server.callbackConnections = limits.connections * limits.callbackShare / 100
    return server
  }

  /// The bounds of a server that only this machine, its operator or a test calls: few connections, so that it never takes what the API needs.
  static func sideServerLimits(_ limits: LimitSettings) -> ServerLimits {
    var server = serverLimits(limits)
    server.connections = 256
    server.callbackConnections = 0
    return server
  }

  /// The bounds of the sandbox beside a gateway: room for the gateway's own connections, and for those who pay.
  static func sandboxLimits(_ limits: LimitSettings) -> ServerLimits {
    var server = sideServerLimits(limits)
    server.connections += limits.acquirerInFlight * 2
    return server
  }

  /// A router of routes that are all ours: two that clash are a defect.
  static func router(_ routes: [Route]) throws(CommandFailure) -> Router {
    do {
      return try Router(routes)
    } catch {
      throw CommandFailure(.software, "routes: \(error)")
    }
  }
}

extension Logger {
  /// For commands that say what they have to say themselves.
  static var silent: Logger { Logger(label: "paylink") { _ in SwiftLogNoOpLogHandler() } }
}
