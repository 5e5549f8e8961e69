import Crypto
import Payments

/// Where a list goes on: the last link's time and id, bound to the filters of the list it came from. Opaque to callers, base64url (RFC 4648 §5) of
/// `version (1) | filters (16) | milliseconds, big endian (8) | link id`. It opens nothing: a forged one only begins elsewhere in the caller's own list.
struct Cursor: Hashable, Sendable {
  private static let version: UInt8 = 1

  var filters: Filters
  var position: LinkPosition

  /// A digest of everything that decides which links a list has; the limit is not of it.
  struct Filters: Hashable, Sendable {
    fileprivate let bytes: [UInt8]

    init(_ query: LinkQuery) {
      var parts = [
        query.merchants.map(\.text).joined(separator: ","), query.order?.text ?? "", query.status?.rawValue ?? "",
        query.flag?.rawValue ?? "", query.createdFrom.map { String($0.milliseconds) } ?? "",
        query.createdTo.map { String($0.milliseconds) } ?? "",
      ]
      if let pair = query.metadata { parts += ["\(pair.key.utf8.count)", pair.key, pair.value] }
      bytes = Array(SHA256.hash(data: Array(parts.joined(separator: "\n").utf8)).prefix(16))
    }

    fileprivate init(bytes: [UInt8]) { self.bytes = bytes }
  }

  init(filters: Filters, position: LinkPosition) {
    self.filters = filters
    self.position = position
  }

  init?(_ text: String) {
    guard text.utf8.count <= 128, let bytes = Base64URL.bytes(text) else { return nil }
    guard bytes.count > 25, bytes[0] == Self.version else { return nil }
    let milliseconds = bytes[17..<25].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let name = String(validating: bytes[25...], as: UTF8.self), let id = try? LinkID(name) else { return nil }
    filters = Filters(bytes: Array(bytes[1..<17]))
    position = LinkPosition(createdAt: Timestamp(milliseconds: Int64(bitPattern: milliseconds)), id: id)
  }

  var text: String {
    let time = UInt64(bitPattern: position.createdAt.milliseconds)
    let bytes =
      [Self.version] + filters.bytes + (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * UInt64($0))) } + position.id.text.utf8
    return Base64URL.text(bytes)
  }
}
