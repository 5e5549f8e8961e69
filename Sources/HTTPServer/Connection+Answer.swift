import HTTPTypes
import Transport

/// Writing answers. Head and body of an answer that is all there leave in one send; a stream goes out piece by piece.
extension Connection {
  func answer(_ response: Response, _ exchange: inout Exchange) async throws(TransportError) {
    if let rest = try begin(response, &exchange) { try await finish(rest, of: response, &exchange) }
  }

  /// What of an answer the kernel did not take at once.
  enum Rest {
    /// What is left of the head, if anything is, and the body from a byte on. It leaves from the body itself, which many answers may share: with a copy for each, peers
    /// that do not read would decide how much memory we use.
    case body(copied: SendBuffer?, [UInt8], from: Int)
    case stream(@Sendable (any BodyWriter) async throws -> Void)
  }

  /// Sends what the kernel takes at once. For nearly every answer that is all, and no async function is called, which would have memory and an executor to ask for.
  /// - Returns: what `finish` is to send; nil where nothing is left.
  func begin(_ response: Response, _ exchange: inout Exchange) throws(TransportError) -> Rest? {
    var rest: Rest?
    defer { if rest == nil { observe(response, exchange) } }
    if shard.isDraining { exchange.keepsAlive = false }
    switch response.body {
    case .empty: rest = try sendAtOnce(response, [], &exchange)
    case .bytes(let bytes): rest = try sendAtOnce(response, bytes, &exchange)
    case .stream(let body): rest = .stream(body)
    }
    return rest
  }

  func finish(_ rest: Rest, of response: Response, _ exchange: inout Exchange) async throws(TransportError) {
    defer { observe(response, exchange) }
    switch rest {
    case .body(let copied, let bytes, let offset):
      if let copied { try await send(copied) }
      if offset < bytes.count { try await stream.send(bytes, from: offset, deadline: deadline(times.write)) }
    case .stream(let body): try await stream(response, body, &exchange)
    }
  }

  /// The head, and of the body what fits behind it, leave in one send.
  private func sendAtOnce(_ response: Response, _ bytes: [UInt8], _ exchange: inout Exchange) throws(TransportError) -> Rest? {
    writeHead(response, length(response, bytes, exchange), exchange)
    let headCount = output.count
    let body = exchange.isHead || !response.mayHaveBody ? [] : bytes
    exchange.bytesOut += headCount + body.count
    _ = output.appendFitting(body)
    let sent = try stream.sendNow(output)
    if sent == headCount + body.count { return nil }
    if sent >= headCount { return .body(copied: nil, body, from: sent - headCount) }
    // TLS wants what it has begun again: at most a record.
    let end = min(output.count, max(headCount, sent + Self.recordBytes))
    return .body(copied: SendBuffer(copying: output, from: sent, to: end), body, from: end - headCount)
  }

  /// What a record of TLS holds at most (RFC 8446 §5.1).
  private static let recordBytes = 16 * 1024

  /// What the kernel did not take at once of `output`, which all connections of the loop share: whoever writes to it calls this before it suspends.
  private func sendNow() throws(TransportError) -> SendBuffer? {
    let sent = try stream.sendNow(output)
    guard sent < output.count else { return nil }
    return SendBuffer(copying: output, from: sent)
  }

  private func send(_ rest: SendBuffer) async throws(TransportError) { try await stream.send(rest, deadline: deadline(times.write)) }

  /// Sends what was written to `output`.
  func flush() async throws(TransportError) {
    if let rest = try sendNow() { try await send(rest) }
  }

  private func observe(_ response: Response, _ exchange: Exchange) {
    shard.state.observe?(exchange.record(status: response.status.code, peer: peer))
  }

  private func length(_ response: Response, _ bytes: [UInt8], _ exchange: Exchange) -> ResponseEncoder.Length {
    if !response.mayHaveBody { return .unsaid }
    if exchange.isHead, bytes.isEmpty, let said = response.fields[.contentLength].flatMap({ Int($0) }), said >= 0 { return .bytes(said) }
    return .bytes(bytes.count)
  }

  private func stream(
    _ response: Response, _ write: @Sendable (any BodyWriter) async throws -> Void, _ exchange: inout Exchange
  ) async throws(TransportError) {
    guard !exchange.isHead, response.mayHaveBody else {
      writeHead(response, .unsaid, exchange)
      exchange.bytesOut += output.count
      return try await flush()
    }
    let isChunked = exchange.minorVersion >= 1
    if !isChunked { exchange.keepsAlive = false }
    writeHead(response, isChunked ? .chunked : .unsaid, exchange)
    exchange.bytesOut += output.count
    try await flush()
    let writer = StreamWriter(connection: self, isChunked: isChunked)
    do {
      try await write(writer)
      try await writer.finish()
      exchange.bytesOut += writer.bytesOut
    } catch {
      // The end of the body is missing, and only the end of the connection can tell the client so.
      writer.abandon()
      exchange.bytesOut += writer.bytesOut
      throw error as? TransportError ?? TransportError(.closed, "answer broken off")
    }
  }

  private func writeHead(_ response: Response, _ length: ResponseEncoder.Length, _ exchange: Exchange) {
    output.removeAll()
    let connection: ResponseEncoder.ConnectionField =
      exchange.keepsAlive ? (exchange.minorVersion == 0 ? .keepAlive : .none) : .close
    ResponseEncoder.head(
      response, length: length, connection: connection, date: shard.dateLine(), requestID: exchange.id, into: output)
  }

}

/// Writes a streamed body, in chunks (RFC 9112 §7.1) or as it is. Used by the connection's own task, on its loop; a call from elsewhere throws.
final class StreamWriter: BodyWriter, @unchecked Sendable {
  private let connection: Connection
  private let isChunked: Bool
  /// Whether more can be written: not while a piece is on its way, and not behind one of which only a part may have gone.
  private var isOpen = true
  /// Why a piece was not taken: then the body is not whole, and its end must not be written, whatever the one who writes it makes of the error.
  private var failure: TransportError?
  private(set) var bytesOut = 0

  init(connection: Connection, isChunked: Bool) {
    self.connection = connection
    self.isChunked = isChunked
  }

  /// Runs where the task prefers, its loop, even when it is called on an actor.
  @concurrent func write(_ bytes: [UInt8]) async throws {
    let refusal = TransportError(.closed, "write of a stream")
    guard connection.stream.loop.isCurrent, isOpen else { throw refusal }
    guard !connection.shard.isDraining else {
      (isOpen, failure) = (false, refusal)
      throw refusal
    }
    guard !bytes.isEmpty else { return }
    let output = connection.output
    output.removeAll()
    if isChunked {
      output.append(String(bytes.count, radix: 16))
      output.append("\r\n")
    }
    output.append(bytes)
    if isChunked { output.append("\r\n") }
    try await flush()
    isOpen = true
  }

  /// The last chunk; nothing can be written behind it.
  func finish() async throws(TransportError) {
    if let failure { throw failure }
    isOpen = false
    guard isChunked else { return }
    connection.output.removeAll()
    connection.output.append("0\r\n\r\n")
    try await flush()
  }

  func abandon() { isOpen = false }

  /// Sends what was written; nothing can be written meanwhile.
  private func flush() async throws(TransportError) {
    isOpen = false
    bytesOut += connection.output.count
    do throws(TransportError) {
      try await connection.flush()
    } catch {
      failure = error
      throw error
    }
  }
}
