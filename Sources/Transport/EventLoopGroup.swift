import Glibc
import Synchronization

/// The loops of a process, one a core by default.
package final class EventLoopGroup: Sendable {
  package let loops: [EventLoop]
  private let turn = Atomic<Int>(0)

  /// - Parameter count: how many loops, at least 1.
  package init(count: Int = EventLoopGroup.coreCount, name: String = "loop") throws(TransportError) {
    precondition(count >= 1, "a group has a loop")
    var loops: [EventLoop] = []
    for index in 0..<count {
      do {
        loops.append(try EventLoop(name: "\(name)-\(index)"))
      } catch {
        for loop in loops { loop.stop() }
        throw error
      }
    }
    self.loops = loops
  }

  /// The loop of the calling thread where it is one of ours, so that a request's work stays on its loop; otherwise each in turn.
  package func next() -> EventLoop {
    if let current = EventLoop.current, loops.contains(where: { $0 === current }) { return current }
    let (turn, _) = self.turn.wrappingAdd(1, ordering: .relaxed)
    return loops[Int(UInt(bitPattern: turn) % UInt(loops.count))]
  }

  /// Ends all loops and waits for their threads. End the tasks on them first. Not from a loop's own thread.
  package func shutdown() {
    for loop in loops { loop.stop() }
  }

  /// The cores this process may use, at least 1.
  package static var coreCount: Int { UsableCores.count() }
}
