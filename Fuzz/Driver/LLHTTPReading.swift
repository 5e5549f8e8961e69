import CLLHTTP

@testable import HTTPServer

/// A head as llhttp reads it.
struct LLHTTPReading {
  var method = ""
  var target: [UInt8] = []
  var minorVersion = 0
  var fields: [(name: [UInt8], value: [UInt8])] = []
  var framing: BodyFraming = .none
  var keepsAlive = false
  /// Bytes up to the end of the head.
  var end = 0

  /// nil where llhttp refuses the bytes or finds no end of a head in them.
  static func read(_ bytes: [UInt8]) -> LLHTTPReading? {
    let builder = Builder()
    var settings = llhttp_settings_t()
    unsafe llhttp_settings_init(&settings)
    unsafe settings.on_url = { parser, bytes, count in unsafe Builder.of(parser)?.add(bytes, count, to: \.target) ?? -1 }
    unsafe settings.on_header_field = { parser, bytes, count in unsafe Builder.of(parser)?.addName(bytes, count) ?? -1 }
    unsafe settings.on_header_value = { parser, bytes, count in unsafe Builder.of(parser)?.addValue(bytes, count) ?? -1 }
    unsafe settings.on_header_value_complete = { parser in unsafe Builder.of(parser)?.endField() ?? -1 }
    // Stops behind the head: what the body is does not matter here.
    unsafe settings.on_headers_complete = { _ in Int32(HPE_PAUSED.rawValue) }
    var parser = unsafe llhttp_t()
    return withExtendedLifetime(builder) {
      unsafe llhttp_init(&parser, HTTP_REQUEST, &settings)
      unsafe parser.data = Unmanaged.passUnretained(builder).toOpaque()
      let code = unsafe bytes.withUnsafeBytes { buffer -> llhttp_errno_t in
        guard let base = buffer.baseAddress else { return HPE_OK }
        let code = unsafe llhttp_execute(&parser, base.assumingMemoryBound(to: CChar.self), buffer.count)
        if let position = unsafe llhttp_get_error_pos(&parser) { builder.reading.end = unsafe UnsafeRawPointer(position) - base }
        return code
      }
      guard code == HPE_PAUSED else { return nil }
      var reading = builder.reading
      unsafe reading.method = String(cString: llhttp_method_name(llhttp_method_t(UInt32(parser.method))))
      unsafe reading.minorVersion = Int(parser.http_minor)
      unsafe reading.keepsAlive = llhttp_should_keep_alive(&parser) == 1
      let flags = unsafe Int(parser.flags)
      if flags & Int(F_CHUNKED.rawValue) != 0 {
        reading.framing = .chunked
      } else if flags & Int(F_CONTENT_LENGTH.rawValue) != 0, unsafe parser.content_length > 0 {
        reading.framing = unsafe .length(Int(clamping: parser.content_length))
      }
      return reading
    }
  }

  /// Gathers what llhttp reports; used by one reading on one thread.
  private final class Builder {
    var reading = LLHTTPReading()
    private var name: [UInt8] = []
    private var value: [UInt8] = []

    static func of(_ parser: UnsafeMutablePointer<llhttp_t>?) -> Builder? {
      guard let data = unsafe parser?.pointee.data else { return nil }
      return unsafe Unmanaged<Builder>.fromOpaque(data).takeUnretainedValue()
    }

    func add(_ bytes: UnsafePointer<CChar>?, _ count: Int, to place: WritableKeyPath<LLHTTPReading, [UInt8]>) -> Int32 {
      unsafe reading[keyPath: place] += Self.copy(bytes, count)
      return 0
    }

    func addName(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
      unsafe name += Self.copy(bytes, count)
      return 0
    }

    func addValue(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
      unsafe value += Self.copy(bytes, count)
      return 0
    }

    func endField() -> Int32 {
      reading.fields.append((name, value))
      (name, value) = ([], [])
      return 0
    }

    private static func copy(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> [UInt8] {
      unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }
  }
}
