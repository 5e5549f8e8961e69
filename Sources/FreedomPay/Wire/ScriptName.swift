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
    var path = url.prefix { $0 != "?" && $0 != "#" }
    if let scheme = path.firstRange(of: "://") {
      let rest = path[scheme.upperBound...]
      path = rest.firstIndex(of: "/").map { rest[$0...] } ?? ""
    }
    text = path.split(separator: "/").last.map(String.init) ?? ""
  }

  package var description: String { text }
}
