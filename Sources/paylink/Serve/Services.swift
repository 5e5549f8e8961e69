import Logging
import ServiceLifecycle

/// Runs services until a signal; then they end one after the other, the last one first.
enum Services {
  static func run(_ services: [any Service], until signals: EndSignals, logger: Logger) async throws(CommandFailure) {
    let configurations =
      services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
      + [ServiceGroupConfiguration.ServiceConfiguration(service: signals, successTerminationBehavior: .gracefullyShutdownGroup)]
    var quiet = logger
    quiet.logLevel = .error
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: configurations, logger: quiet))
    do {
      try await group.run()
    } catch {
      throw CommandFailure(.software, "a service ended by itself: \(error)")
    }
  }
}
