import CPNG
import CZXing

/// A picture of a QR code that somebody else made.
///
/// libpng and ZXing-C++ read it: widely used, and neither needs more than the C and C++ libraries and zlib at run time.
package enum QRPicture {
  /// Pixels of a picture that is read: 2,048 a side. A file of some KiB can hold a picture of gigabytes.
  static let mostPixels = 2048 * 2048
  /// No version of the code holds more.
  private static let longestText = 2953

  /// The text of the one QR code in a PNG file; nil where there is none that can be read. It takes some milliseconds: not for an event loop.
  package static func text(png bytes: [UInt8]) -> String? {
    guard let (pixels, width, height) = gray(bytes) else { return nil }
    var text = [UInt8](repeating: 0, count: longestText)
    // Both buffers live through the call, which reads width × height bytes and writes at most the text's own length.
    let count = unsafe pixels.withUnsafeBufferPointer { source in
      unsafe text.withUnsafeMutableBufferPointer { target in
        unsafe czxing_read_qr(source.baseAddress, Int32(width), Int32(height), target.baseAddress, target.count)
      }
    }
    guard count > 0, count <= longestText else { return nil }
    return String(validating: text[..<count], as: UTF8.self)
  }

  private static func gray(_ bytes: [UInt8]) -> (pixels: [UInt8], width: Int, height: Int)? {
    guard let size = statedSize(bytes), size.width > 0, size.height > 0, size.width <= mostPixels, size.height <= mostPixels / size.width
    else { return nil }
    var pixels = [UInt8](repeating: 255, count: size.width * size.height)
    var (width, height) = (UInt32(0), UInt32(0))
    // libpng writes width × height bytes, and nothing where that is more than there is room for.
    let isRead = unsafe bytes.withUnsafeBufferPointer { source in
      unsafe pixels.withUnsafeMutableBufferPointer { target in
        unsafe cpng_read_gray(source.baseAddress, source.count, target.baseAddress, target.count, &width, &height)
      }
    }
    guard isRead == 1, Int(width) == size.width, Int(height) == size.height else { return nil }
    return (pixels, size.width, size.height)
  }

  /// Width and height as the head says them (RFC 2083 §11.2.2): bytes 16 to 23.
  private static func statedSize(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
    guard bytes.count >= 33, bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else { return nil }
    func number(_ start: Int) -> Int { bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
    return (number(16), number(20))
  }
}
