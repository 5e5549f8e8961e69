import CZlib

/// A PNG file (RFC 2083): signature, then chunks of `length, type, data, CRC-32`: IHDR, IDAT (zlib), IEND.
extension QRCode {
  /// The code as a PNG picture, 1-bit greyscale with the quiet zone, each module a square of `moduleSize` pixels (1 to 64).
  package func png(moduleSize: Int = 8) -> [UInt8] {
    let scale = min(max(1, moduleSize), Self.largestModule)
    let side = (size + 2 * Self.quietZone) * scale
    var header = Self.bigEndian(UInt32(side)) + Self.bigEndian(UInt32(side))
    header += [1, 0, 0, 0, 0]  // one bit a pixel, greyscale, deflate, the standard filters, not interlaced
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + Self.chunk("IHDR", header) + Self.chunk("IDAT", Self.deflated(pixels(scale: scale))) + Self.chunk("IEND", [])
  }

  /// The rows: a filter byte (0, none), then eight pixels a byte from the left, 1 = white.
  private func pixels(scale: Int) -> [UInt8] {
    let side = size + 2 * Self.quietZone
    var pixels: [UInt8] = []
    pixels.reserveCapacity(side * scale * (side * scale / 8 + 2))
    for row in 0..<side {
      var line = [UInt8](repeating: 0xFF, count: 1 + (side * scale + 7) / 8)
      line[0] = 0
      for column in 0..<side where isDark(column: column - Self.quietZone, row: row - Self.quietZone) {
        for pixel in column * scale..<(column + 1) * scale { line[1 + pixel / 8] &= ~(0x80 >> UInt8(pixel % 8)) }
      }
      for _ in 0..<scale { pixels += line }
    }
    return pixels
  }

  /// Larger modules make no better picture, only a larger file: 185 modules of 64 pixels are 11,840 a side already.
  private static let largestModule = 64

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    // zlib reads exactly the given number of bytes during the call.
    let checksum = unsafe body.withUnsafeBufferPointer { unsafe crc32(0, $0.baseAddress, UInt32($0.count)) }
    return bigEndian(UInt32(data.count)) + body + bigEndian(UInt32(truncatingIfNeeded: checksum))
  }

  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    let bound = Int(compressBound(UInt(bytes.count)))
    // The buffer has the size zlib asked for, so that the call cannot run out of room; it writes at most `length` bytes and says how many.
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      var length = UInt(bound)
      let code = unsafe bytes.withUnsafeBufferPointer { source in
        unsafe compress2(buffer.baseAddress, &length, source.baseAddress, UInt(source.count), Z_BEST_COMPRESSION)
      }
      precondition(code == Z_OK, "compress2 with a buffer of compressBound bytes fails only without memory")
      count = Int(length)
    }
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
