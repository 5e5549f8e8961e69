import CoreMetrics
import Dispatch
import Glibc
import Logging
import Operations
import ServiceLifecycle
import Transport

/// The certificate in use. SIGHUP has it read again; whoever is connected keeps the old one, and where the files are no good everybody does.
///
/// It is read again every twelve hours too: tickets are encrypted with a key of the context, and one that leaks must not open what was recorded long before
/// (RFC 9325 §3.4).
///
/// It listens from the moment it is made, so that a signal which comes while the gateway is still starting is not its end.
final class Certificate: Service {
  let current: CurrentTLS
  private let settings: TLSSettings
  private let end: any MeterHandler
  private let logger: Logger
  private let orders: AsyncStream<Order>
  /// Written once, by `init`, and only kept alive after that.
  private nonisolated(unsafe) let sources: [any DispatchSourceProtocol]

  private enum Order: String {
    case signal = "SIGHUP"
    case clock
  }

  private static let again: DispatchTimeInterval = .seconds(12 * 3600)

  /// Reads the files.
  /// - Throws: 78 where they are no good.
  init(_ settings: TLSSettings, metrics: PrometheusMetrics, logger: Logger) throws(CommandFailure) {
    self.settings = settings
    self.logger = logger
    end = metrics.makeMeter(label: MetricName.certificateEnd, dimensions: [])
    do {
      current = CurrentTLS(try settings.context())
    } catch {
      throw CommandFailure(error)
    }
    // Reading once is enough, however many orders came meanwhile.
    let (stream, continuation) = AsyncStream.makeStream(of: Order.self, bufferingPolicy: .bufferingNewest(1))
    orders = stream
    // Dispatch sees a signal only where its usual action is off.
    _ = signal(SIGHUP, SIG_IGN)
    let queue = DispatchQueue(label: "paylink.certificate")
    let hangUp = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
    hangUp.setEventHandler { @Sendable in continuation.yield(.signal) }
    hangUp.resume()
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now() + Self.again, repeating: Self.again)
    timer.setEventHandler { @Sendable in continuation.yield(.clock) }
    timer.resume()
    unsafe sources = [hangUp, timer]
    note(current.context)
  }

  func run() async throws {
    for await order in orders.cancelOnGracefulShutdown() { readAgain(order) }
  }

  private func readAgain(_ order: Order) {
    do {
      let context = try settings.context()
      current.replace(with: context)
      note(context)
      logger.notice(
        "certificate read", metadata: ["by": "\(order.rawValue)", "valid_until": "\(TLSSettings.text(context.validity.upperBound))"])
    } catch {
      logger.error("certificate not read, the old one stays", metadata: ["by": "\(order.rawValue)", "detail": "\(error)"])
    }
  }

  private func note(_ context: TLSContext) { end.set(context.validity.upperBound) }
}
