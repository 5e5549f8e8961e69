import CZlib

/// A gzip stream that is being written (RFC 1952), by zlib. Used by one task at a time.
///
/// It takes 264 KiB (zlib: `(1 << (windowBits + 2)) + (1 << (memLevel + 9))`, 15 and 8 here, and its tables).
@safe final class GzipStream {
  /// At an address of its own: zlib keeps it, and refuses a stream that has moved.
  private let stream: UnsafeMutablePointer<z_stream>
  private var room = [UInt8](repeating: 0, count: roomSize)

  private static let roomSize = 8 * 1024

  /// nil where there is no memory for it.
  init?(level: Int32) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    guard unsafe czlib_deflate_init_gzip(stream, level) == Z_OK else {
      unsafe stream.deallocate()
      return nil
    }
  }

  deinit {
    _ = unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Compresses a piece, and appends what comes of it, if anything does yet.
  func write(_ piece: ArraySlice<UInt8>, isLast: Bool, to output: inout [UInt8]) {
    unsafe piece.withUnsafeBufferPointer { bytes in
      // SAFETY: zlib only reads through next_in, and reads no more of it once avail_in is 0, which is so before the pointer ends.
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
      unsafe stream.pointee.avail_in = UInt32(bytes.count)
      while takeOut(flush: isLast ? Z_FINISH : Z_NO_FLUSH, to: &output) {}
      precondition(unsafe stream.pointee.avail_in == 0, "zlib takes all it is given while it has room to write")
      unsafe stream.pointee.next_in = nil
    }
  }

  /// One call of zlib; says whether it has more to write.
  private func takeOut(flush: Int32, to output: inout [UInt8]) -> Bool {
    let left = unsafe room.withUnsafeMutableBufferPointer { room in
      // SAFETY: zlib writes at most avail_out bytes, during the call.
      unsafe stream.pointee.next_out = room.baseAddress
      unsafe stream.pointee.avail_out = UInt32(room.count)
      let code = unsafe CZlib.deflate(stream, flush)
      precondition(code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR, "a sound stream with room to write does not fail")
      return unsafe Int(stream.pointee.avail_out)
    }
    output.append(contentsOf: room[..<(room.count - left)])
    return left == 0
  }
}
