import Synchronization

/// Whether this process is on its way out: set once by whoever handles SIGTERM, read by `/readyz`, so that balancers send no more requests.
package final class Draining: Sendable {
  private let flag = Atomic(false)

  package init() {}

  package func begin() { flag.store(true, ordering: .releasing) }

  package var hasBegun: Bool { flag.load(ordering: .acquiring) }
}
