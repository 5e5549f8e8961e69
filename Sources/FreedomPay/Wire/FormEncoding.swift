import Payments

/// How requests are written: both forms that the acquirer documents as equal (protocol §2.2). Multipart is the seed page's.
package enum FormEncoding: String, Sendable, CaseIterable {
  case multipart
  case urlencoded

  /// A message as a body with its media type.
  package func body(of fields: Fields) -> (contentType: String, bytes: [UInt8]) {
    let leaves = FormName.flat(fields)
    switch self {
    case .urlencoded:
      return ("application/x-www-form-urlencoded", URLEncodedForm.bytes(leaves))
    case .multipart:
      let boundary = MultipartForm.randomBoundary()
      return ("multipart/form-data; boundary=\(boundary)", MultipartForm.bytes(leaves, boundary: boundary))
    }
  }
}

/// `name=value&…`: the urlencoded serializer of the URL standard.
enum URLEncodedForm {
  static func bytes(_ leaves: [(name: String, text: String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(2048)
    for (index, leaf) in leaves.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: "&")) }
      escape(leaf.name, to: &bytes)
      bytes.append(UInt8(ascii: "="))
      escape(leaf.text, to: &bytes)
    }
    return bytes
  }

  /// The same as text, for a query.
  static func text(_ leaves: [(name: String, text: String)]) -> String {
    String(decoding: bytes(leaves), as: UTF8.self)
  }

  private static let plain = ByteSet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._*")
  private static let digits = Array("0123456789ABCDEF".utf8)

  private static func escape(_ text: String, to bytes: inout [UInt8]) {
    // Most texts stand as they are.
    if text.utf8.allSatisfy(plain.contains) { return bytes.append(contentsOf: text.utf8) }
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: " "): bytes.append(UInt8(ascii: "+"))
      case _ where plain.contains(byte): bytes.append(byte)
      default:
        bytes.append(UInt8(ascii: "%"))
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      }
    }
  }
}

/// multipart/form-data (RFC 7578): a part for each value, UTF-8, without a media type of its own, as `curl --form` writes it.
enum MultipartForm {
  static func bytes(_ leaves: [(name: String, text: String)], boundary: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4096)
    for leaf in leaves {
      bytes += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(quoted(leaf.name))\"\r\n\r\n".utf8
      bytes += leaf.text.utf8
      bytes += "\r\n".utf8
    }
    bytes += "--\(boundary)--\r\n".utf8
    return bytes
  }

  /// A boundary of 128 random bits: nobody who gives us a text can know it beforehand, so none of the texts holds it (RFC 2046 §5.1.1). To look through them all
  /// the same took a tenth of a create's time.
  static func randomBoundary() -> String {
    var random = SystemRandomNumberGenerator()
    return "paylink-\(String(random.next() as UInt64, radix: 36))-\(String(random.next() as UInt64, radix: 36))"
  }

  /// A name between quotes: what would end it, or the line, is percent-encoded (HTML, "multipart/form-data encoding algorithm").
  private static func quoted(_ name: String) -> String {
    guard name.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == 0x0d || $0 == 0x0a }) else { return name }
    var quoted = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "\"": quoted += "%22"
      case "\r": quoted += "%0D"
      case "\n": quoted += "%0A"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted
  }
}
