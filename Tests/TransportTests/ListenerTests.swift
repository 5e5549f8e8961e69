import Glibc
import Synchronization
import Testing

@testable import Transport

@Suite("Listeners") struct ListenerTests {
  /// Closes a listener for which clients wait already.
  /// - Returns: how many it took, and how many places are left then.
  private func close(waiting: Int, places: Int, most: Int) async throws -> (taken: Int, left: Int) {
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    let sockets = try ListeningSockets.open(SocketAddress("127.0.0.1:0"), copies: 1, backlog: 128)
    let clients = try (0..<waiting).map { _ in
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      let code = unsafe sockets.address.withSocketAddress { unsafe connect(client, $0, $1) }
      try #require(code == 0)
      return client
    }
    defer { for client in clients { _ = Glibc.close(client) } }
    return await Task(executorPreference: loop) {
      let (taken, places) = (Count(), AcceptPlaces(places))
      let listener = Listener(
        descriptor: sockets.descriptors[0], file: nil, loop: loop, places: places, onPause: { _ in },
        onAccept: { descriptor, peer in
          #expect(peer.host == "127.0.0.1")
          taken.value += 1
          _ = Glibc.close(descriptor)
        })
      listener.close(takingAtMost: most)
      var left = 0
      while places.take() { left += 1 }
      return (taken.value, left)
    }.value
  }

  @Test("A listener that closes takes all who wait, however many") func waiting() async throws {
    let closed = try await close(waiting: 100, places: 1000, most: 129)
    #expect(closed == (100, 900))
  }

  @Test("It takes no more than there are places for, and no more than it is told") func bounds() async throws {
    let full = try await close(waiting: 40, places: 30, most: 129)
    #expect(full == (30, 0))
    let told = try await close(waiting: 40, places: 1000, most: 20)
    #expect(told == (20, 980))
  }

  @Test("Of many who take places at once, no more have one than there are, and none is lost") func places() async {
    let places = AcceptPlaces(1)
    let (holders, most) = (Number(), Number())
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<100_000 where places.take() {
            most.atomic.max(holders.atomic.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
            holders.atomic.wrappingSubtract(1, ordering: .relaxed)
            places.giveBack()
          }
        }
      }
    }
    #expect(most.atomic.load(ordering: .relaxed) == 1)
    let left = (0..<2).map { _ in places.take() }
    #expect(left == [true, false])
  }

  private final class Number: Sendable { let atomic = Atomic(0) }

  @Test("A peer of a family that nobody knows has no address, and is no path") func families() throws {
    for family in [AF_UNSPEC, AF_NETLINK, 40] {
      var storage = sockaddr_storage()
      storage.ss_family = sa_family_t(family)
      #expect(SocketAddress(storage) == nil)
    }
    var unnamed = sockaddr_storage()
    unnamed.ss_family = sa_family_t(AF_UNIX)
    #expect(SocketAddress(unnamed)?.unixPath == "")
  }
}
