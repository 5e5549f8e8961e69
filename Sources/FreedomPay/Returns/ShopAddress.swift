/// The shop's own address with what it needs to know added: `payment_link_id` and `order_id` (design §4.3).
enum ShopAddress {
  /// The address with the parameters behind its query and before its fragment. What the shop wrote stays as it is.
  static func adding(_ parameters: KeyValuePairs<String, String>, to url: String) -> String {
    let fragment = url.firstIndex(of: "#") ?? url.endIndex
    let address = url[..<fragment]
    let query = URLEncodedForm.text(parameters.map { (name: $0.key, text: $0.value) })
    let joint: String
    if let mark = address.firstIndex(of: "?") {
      let isOpen = address.index(after: mark) == address.endIndex || address.hasSuffix("&")
      joint = isOpen ? "" : "&"
    } else {
      joint = "?"
    }
    return visible(address + joint + query + url[fragment...])
  }

  /// The address with everything but visible ASCII percent-encoded, as a `Location` field must be.
  private static func visible(_ url: String) -> String {
    url.utf8.reduce(into: "") { text, byte in
      if byte > 0x20, byte < 0x7F {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
  }
}
