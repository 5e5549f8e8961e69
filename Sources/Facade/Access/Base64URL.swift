import FoundationEssentials

/// base64url without padding (RFC 4648 §5), read strictly: one text for each run of bytes, so that a token cannot be spelled in two ways.
enum Base64URL {
  static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    guard text.utf8.allSatisfy({ !"+/=".utf8.contains($0) }) else { return nil }
    let standard = String(text).replacing("-", with: "+").replacing("_", with: "/")
    guard let data = Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)) else { return nil }
    let bytes = Array(data)
    // Bits beyond the last byte must be zero.
    return self.text(bytes) == text ? bytes : nil
  }

  static func text(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
