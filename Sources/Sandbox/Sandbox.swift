package import HTTPClient
package import HTTPServer
package import Logging
import Synchronization

/// Freedom Pay emulated: the page, status, capture, cancel and refund calls of both families, the payer's page, check and result callbacks
/// with their repeats, redirects, and the control routes of design §4.6.
///
/// It is a second, independent reading of `protocol.md`: it shares no code with the gateway's, so that each checks the other. Its state is
/// in memory. May be used from any thread.
package final class Sandbox: Routable, Sendable {
  let configuration: SandboxConfiguration
  let caller: any HTTPCaller
  let clock: SandboxClock
  let logger: Logger
  let ledger: Mutex<Ledger>
  let faults: Mutex<FaultEngine>

  package init(configuration: SandboxConfiguration, caller: any HTTPCaller, clock: SandboxClock, logger: Logger) {
    self.configuration = configuration
    self.caller = caller
    self.clock = clock
    self.logger = logger
    ledger = Mutex(Ledger(firstPaymentID: configuration.firstPaymentID ?? clock.now()))
    faults = Mutex(FaultEngine(seed: configuration.seed))
  }

  package var routes: [Route] {
    callRoutes + payerRoutes + controlRoutes
  }

  /// Makes the callbacks whose time has come, until the task is cancelled.
  ///
  /// It looks once a second: `POST /control/clock` delivers what its step made due by itself, before it answers.
  package func run() async {
    while !Task.isCancelled {
      await deliverDue()
      try? await Task.sleep(for: .seconds(1))  // the only error is cancellation, which the loop looks at
    }
  }
}
