import HTTPTypes
import Transport

/// Writes the head of an answer (RFC 9112 §4, §5). The fields that say where the answer ends, and those about the connection, are the server's alone.
enum ResponseEncoder {
  /// How the body's end is told.
  enum Length {
    case bytes(Int)
    case chunked
    /// The end of the connection is the end of the body (HTTP/1.0), or there is none and no length is said (204, 304).
    case unsaid
  }

  enum ConnectionField {
    /// HTTP/1.1 keeps the connection without being told.
    case none
    case close
    case keepAlive
  }

  static func head(
    _ response: Response, length: Length, connection: ConnectionField, date: [UInt8], requestID: RequestID, into buffer: SendBuffer
  ) {
    statusLine(response.status, into: buffer)
    buffer.append(date)
    for field in response.fields where !isOurs(field.name) {
      buffer.append(field.name.rawName)
      buffer.append(": ")
      unsafe field.withUnsafeBytesOfValue { unsafe buffer.append(UnsafeRawBufferPointer($0)) }
      buffer.append("\r\n")
    }
    switch length {
    case .bytes(let count):
      buffer.append("Content-Length: ")
      buffer.append(decimal: count)
      buffer.append("\r\n")
    case .chunked: buffer.append("Transfer-Encoding: chunked\r\n")
    case .unsaid: break
    }
    switch connection {
    case .none: break
    case .close: buffer.append("Connection: close\r\n")
    case .keepAlive: buffer.append("Connection: keep-alive\r\n")
    }
    buffer.append("X-Request-Id: ")
    switch requestID {
    case .given(let text): buffer.append(text)
    case .made(let high, let low):
      buffer.append(word: RequestID.digits(high >> 32))
      buffer.append(word: RequestID.digits(high))
      buffer.append(word: RequestID.digits(low >> 32))
      buffer.append(word: RequestID.digits(low))
    }
    buffer.append("\r\n\r\n")
  }

  private static func statusLine(_ status: HTTPResponse.Status, into buffer: SendBuffer) {
    if status.code == 200 { return buffer.append("HTTP/1.1 200 OK\r\n") }
    buffer.append("HTTP/1.1 ")
    buffer.append(decimal: status.code, width: 3)
    buffer.append(" ")
    buffer.append(status.reasonPhrase)
    buffer.append("\r\n")
  }

  /// Fields a handler cannot set: they are left out and written by the server, or not at all.
  private static func isOurs(_ name: HTTPField.Name) -> Bool {
    let canonical = name.canonicalName
    return switch canonical.utf8.count {
    case 4: canonical == "date"
    case 7: canonical == "upgrade" || canonical == "trailer"
    case 10: canonical == "connection" || canonical == "keep-alive"
    case 12: canonical == "x-request-id"
    case 14: canonical == "content-length"
    case 17: canonical == "transfer-encoding"
    default: false
    }
  }
}
