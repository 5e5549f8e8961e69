import CLinux
import Glibc

/// Sockets that listen on one address, one a loop, so that the kernel spreads the connections (SO_REUSEPORT). A unix path has one.
package struct ListeningSockets: Sendable {
  /// The address with the port that was taken.
  package let address: SocketAddress
  /// Non-blocking, close-on-exec, listening. Whoever holds them closes them, through `Listener.close`.
  package let descriptors: [Int32]
  /// The file of a unix path. `Listener.close` removes it, or `close`.
  package let file: SocketFile?

  /// Gives the sockets up where no listener took them.
  package func close() {
    for descriptor in descriptors { _ = Glibc.close(descriptor) }
    file?.remove()
  }

  /// Opens `copies` sockets on an address. The address is first bound without SO_REUSEPORT and released: otherwise two gateways could listen on it, each getting a
  /// part of the calls, and neither would know.
  /// - Throws: `addressInUse` where somebody listens there.
  package static func open(_ address: SocketAddress, copies: Int, backlog: Int32) throws(TransportError) -> ListeningSockets {
    precondition(copies >= 1)
    if let path = address.unixPath { return try openPath(path, address, backlog) }
    if address.port != 0 {
      let probe = try bound(address, sharesPort: false)
      _ = Glibc.close(probe)
    }
    var descriptors: [Int32] = []
    do throws(TransportError) {
      // Port 0: the kernel gives a port that nobody shares; the other copies then join the first.
      var taken = address
      for _ in 0..<copies {
        let descriptor = try bound(taken, sharesPort: true)
        descriptors.append(descriptor)
        prepareConnections(of: descriptor)
        guard listen(descriptor, backlog) == 0 else { throw TransportError.last("listen \(taken)") }
        if descriptors.count == 1 { taken = try SocketAddress.local(of: descriptor) }
      }
      return ListeningSockets(address: taken, descriptors: descriptors, file: nil)
    } catch {
      for descriptor in descriptors { _ = Glibc.close(descriptor) }
      throw error
    }
  }

  /// What the connections of a listening socket inherit from it, for no system call of their own: they send small answers at once, and leave few unsent bytes with
  /// the kernel. Without that bound it would take megabytes of a peer that does not read: 5,000 such peers filled the memory that it has for all of TCP, and
  /// everybody waited (docs/connections.md). Where an option is refused, a connection is slower or larger, and still sound.
  private static func prepareConnections(of descriptor: Int32) {
    _ = clinux_set_no_delay(descriptor)
    _ = clinux_set_unsent_limit(descriptor, unsentBytes)
  }

  /// More than most answers have, so that they still leave in one send.
  private static let unsentBytes: Int32 = 16 * 1024

  private static func bound(_ address: SocketAddress, sharesPort: Bool) throws(TransportError) -> Int32 {
    let descriptor = clinux_socket(address.family)
    guard descriptor >= 0 else { throw TransportError.last("socket for \(address)") }
    var isSet = address.family == AF_UNIX || clinux_set_reuse_address(descriptor) == 0
    // `[::]` and `0.0.0.0` are two addresses, and both may be given.
    if address.family == AF_INET6 { isSet = isSet && clinux_set_ipv6_only(descriptor) == 0 }
    if sharesPort { isSet = isSet && clinux_set_reuse_port(descriptor) == 0 }
    // SAFETY: the pointer is valid for its length during the call.
    let code = isSet ? unsafe address.withSocketAddress { unsafe bind(descriptor, $0, $1) } : -1
    guard code == 0 else {
      let error = TransportError.last("bind \(address)")
      _ = Glibc.close(descriptor)
      throw error
    }
    return descriptor
  }

  /// A path that is left over from a process that died is taken over; one where somebody answers is in use.
  private static func openPath(_ path: String, _ address: SocketAddress, _ backlog: Int32) throws(TransportError) -> ListeningSockets {
    let descriptor: Int32
    do throws(TransportError) {
      descriptor = try bound(address, sharesPort: false)
    } catch {
      guard error.code == .addressInUse, SocketFile.isLeftOver(path, address) else { throw error }
      unsafe unlink(path)
      descriptor = try bound(address, sharesPort: false)
    }
    do throws(TransportError) {
      let file = try SocketFile(bound: path)
      guard listen(descriptor, backlog) == 0 else {
        let error = TransportError.last("listen \(address)")
        file.remove()
        throw error
      }
      return ListeningSockets(address: address, descriptors: [descriptor], file: file)
    } catch {
      _ = Glibc.close(descriptor)
      throw error
    }
  }
}
