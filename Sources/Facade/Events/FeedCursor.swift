import FoundationEssentials

/// Where a feed goes on: the place of the last event. Opaque to callers, base64url (RFC 4648 §5) of `version (1) | place, big endian (8)`. It opens nothing: a
/// forged one only begins elsewhere in the caller's own feed.
struct FeedCursor: Hashable, Sendable {
  /// Cursors of lists of links have version 1.
  private static let version: UInt8 = 2

  var place: Int64

  init(place: Int64) { self.place = place }

  init?(_ text: String) {
    guard text.utf8.count == 12, text.utf8.allSatisfy({ !"+/=".utf8.contains($0) }) else { return nil }
    guard let data = Data(base64Encoded: text.replacing("-", with: "+").replacing("_", with: "/")) else { return nil }
    let bytes = Array(data)
    guard bytes.count == 9, bytes[0] == Self.version else { return nil }
    place = Int64(bitPattern: bytes[1...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    guard place >= 0 else { return nil }
  }

  var text: String {
    let number = UInt64(bitPattern: place)
    let bytes = [Self.version] + (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
    return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
  }
}
