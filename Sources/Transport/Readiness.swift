import CLinux

/// What a registration wants to hear of.
package struct Interest: OptionSet, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Bytes can be read, or the peer has closed its side.
  package static let read = Interest(rawValue: 1)
  /// Bytes can be written.
  package static let write = Interest(rawValue: 2)
  /// The peer has closed its side; bytes that come meanwhile are left where they are.
  package static let peerEnd = Interest(rawValue: 4)

  /// The kernel's mask. Errors and hang-ups are always reported.
  var events: UInt32 {
    (contains(.read) ? clinux_epoll_in | clinux_epoll_rdhup : 0) | (contains(.write) ? clinux_epoll_out : 0)
      | (contains(.peerEnd) ? clinux_epoll_rdhup : 0)
  }
}

/// What the kernel reported of a descriptor.
package struct Readiness: OptionSet, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let readable = Readiness(rawValue: 1)
  package static let writable = Readiness(rawValue: 2)
  /// The peer has shut down its writing side; what it sent before can still be read.
  package static let peerClosed = Readiness(rawValue: 4)
  /// Both directions are shut down.
  package static let hangUp = Readiness(rawValue: 8)
  /// An error is pending; the next system call tells which.
  package static let error = Readiness(rawValue: 16)

  init(events: UInt32) {
    var value: UInt8 = 0
    if events & clinux_epoll_in != 0 { value |= 1 }
    if events & clinux_epoll_out != 0 { value |= 2 }
    if events & clinux_epoll_rdhup != 0 { value |= 4 }
    if events & clinux_epoll_hup != 0 { value |= 8 }
    if events & clinux_epoll_err != 0 { value |= 16 }
    self.init(rawValue: value)
  }
}

/// A descriptor's place in a loop. The generation makes a stale event, one reported for an earlier owner of the same number, fall to the floor.
package struct Registration: Equatable, Sendable {
  package let descriptor: Int32
  let generation: UInt32

  var data: UInt64 { UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor)) }
}
