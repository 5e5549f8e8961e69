/// The first part of every signed text: the last path segment of the URL that is called, without its query (protocol §1.1, §1.2).
///
/// A trailing slash does not count (`/g2g/payment_page/` is `payment_page`): two implementations and every one seen of that call agree,
/// the oldest reference code does not (protocol §1.6); we never offer such an address ourselves.
package struct ScriptName: Sendable, Hashable, CustomStringConvertible {
  package let text: String

  /// A name as it stands, from the settings.
  package init(_ text: String) {
    self.text = text
  }

  /// The script name of a URL or of a path.
  package init(url: String) {
    var path = url.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    if let colon = path.firstIndex(of: UInt8(ascii: ":")), path[colon...].starts(with: "://".utf8) {
      path = path[colon...].dropFirst(3).drop { $0 != UInt8(ascii: "/") }
    }
    text = path.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? ""
  }

  package var description: String { text }
}
