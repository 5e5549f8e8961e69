import Payments

/// Reads the success answer of a page call: `pg_payment_id`, `pg_redirect_url`, `pg_redirect_url_type`, `pg_redirect_qr` (protocol §2.4).
struct PageReading {
  /// Bytes of a page's address.
  static let urlLimit = 2048
  /// Bytes of a QR picture as data URI.
  static let qrLimit = 64 * 1024
  private static let qrPrefix = "data:image/png;base64,"

  let fields: Fields
  /// Until when the page can be paid.
  let expiresAt: Timestamp

  /// What it says; `.unknown` where a payment was opened and the answer does not tell us where.
  var answer: PageAnswer {
    guard let id = fields.text("pg_payment_id").flatMap({ Int64($0) }).flatMap({ try? PaymentID($0) }) else {
      return .unknown("a signed success without a payment number")
    }
    guard let url = fields.text("pg_redirect_url"), Self.isWebAddress(url) else {
      return .unknown("a signed success without a web address of a page")
    }
    let kind = fields.text("pg_redirect_url_type").flatMap { $0.utf8.count <= 100 ? $0 : nil }
    return .opened(id, PaymentPage(url: url, kind: kind, qr: qr, expiresAt: expiresAt))
  }

  /// The picture, where it is one: documented as required, sent only when asked for. Anything but a PNG as data URI is dropped.
  private var qr: String? {
    guard let qr = fields.text("pg_redirect_qr"), qr.hasPrefix(Self.qrPrefix), qr.utf8.count <= Self.qrLimit,
      qr.utf8.count > Self.qrPrefix.utf8.count, qr.dropFirst(Self.qrPrefix.count).utf8.allSatisfy(Self.isBase64)
    else { return nil }
    return qr
  }

  /// An absolute http(s) address of visible ASCII with a host: what may stand in a `Location` field and behind an `href`.
  static func isWebAddress(_ url: String) -> Bool {
    guard url.utf8.count <= urlLimit,
      url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
    else { return false }
    guard let scheme = ["https://", "http://"].first(where: { url.lowercased().hasPrefix($0) }) else { return false }
    let host = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    return !host.isEmpty && !host.contains("@") && host.first != ":"
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): true
    default: false
    }
  }
}
