import Transport

/// Gathers a body from the connection's buffer within its bound (RFC 9112 §6).
struct BodyReader {
  enum Failure: Error {
    case refused(HTTPError)
    case transport(TransportError)
  }

  private let framing: BodyFraming
  private let limit: Int
  private var decoder = ChunkedDecoder()
  private(set) var body: [UInt8] = []

  /// Memory is taken for what has come, not for what was announced, beyond this.
  private static let trustedLength = 64 * 1024
  private static let receiveSpace = 16 * 1024

  init(framing: BodyFraming, limit: Int) {
    self.framing = framing
    self.limit = limit
  }

  /// Refuses an announced length beyond the bound before anything of it is read.
  mutating func checkLength() throws(Failure) {
    guard case .length(let length) = framing else { return }
    guard length <= limit else { throw .refused(Router.tooLarge(limit: limit)) }
    body.reserveCapacity(min(length, Self.trustedLength))
  }

  /// Takes what is in the buffer; says whether the body is complete.
  mutating func read(from input: ReceiveBuffer) throws(Failure) -> Bool {
    switch framing {
    case .none: return true
    case .length(let length):
      let count = min(length - body.count, input.count)
      input.withBytes { body.append($0, 0..<count) }
      input.consume(count)
      return body.count == length
    case .chunked:
      let used: Int
      do throws(HTTPError) {
        used = try input.withBytes { bytes throws(HTTPError) in try decoder.decode(bytes, into: &body, limit: limit) }
      } catch {
        throw .refused(error)
      }
      input.consume(used)
      return decoder.isDone
    }
  }

  /// Waits for more; false when the peer sends no more.
  func receive(from stream: Stream, into input: ReceiveBuffer, deadline: UInt64) async throws(Failure) -> Bool {
    do throws(TransportError) {
      return try await stream.receive(into: input, minimumSpace: Self.receiveSpace, deadline: deadline) > 0
    } catch {
      guard error.code == .timedOut else { throw .transport(error) }
      throw .refused(HTTPError(.requestTimeout, "The body did not come in time."))
    }
  }
}
