import Dispatch
import Glibc
import Logging
import ServiceLifecycle
import Synchronization

/// SIGTERM and SIGINT: the first ends the services one after the other, a second one ends the process at once.
///
/// It listens from the moment it is made, so a signal that comes while the gateway is still starting is not lost. Signals that come within a quarter of a
/// second are one: `timeout`, `make` and supervisors signal a process and then its group, which is not somebody who asks again.
final class EndSignals: Service {
  private let signals: AsyncStream<Int32>
  /// Written once, by `init`, and only kept alive after that.
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]
  private let first = Mutex<ContinuousClock.Instant?>(nil)
  private static let oneSignal: Duration = .milliseconds(250)
  private let logger: Logger

  init(logger: Logger) {
    self.logger = logger
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    signals = stream
    let queue = DispatchQueue(label: "paylink.signals")
    let sources = [SIGTERM, SIGINT].map { number in
      // Dispatch sees a signal only where its usual action is off.
      _ = signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    unsafe self.sources = sources
    for (source, number) in zip(sources, [SIGTERM, SIGINT]) {
      // Keeps itself alive: a second signal counts until the process ends.
      source.setEventHandler { @Sendable [self] in
        switch order(of: .now) {
        case .first: continuation.yield(number)
        case .same: break
        case .second:
          Console.error("paylink: second signal, ending at once")
          _exit(128 + number)
        }
      }
      source.resume()
    }
  }

  private enum Order {
    case first, same, second
  }

  private func order(of instant: ContinuousClock.Instant) -> Order {
    first.withLock { first in
      guard let begin = first else {
        first = instant
        return .first
      }
      return begin.duration(to: instant) < Self.oneSignal ? .same : .second
    }
  }

  /// Returns at the first signal, which ends the group.
  func run() async throws {
    for await number in signals.cancelOnGracefulShutdown() {
      logger.notice("signal received, draining", metadata: ["signal": "\(number == SIGINT ? "SIGINT" : "SIGTERM")"])
      return
    }
  }
}
