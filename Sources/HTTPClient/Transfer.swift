import CCurl
import Glibc
import HTTPTypes

/// One easy handle and the call it carries at the moment. Handles are used again for call after call, so what is the same for every call is set once.
///
/// **Why no request leaves twice.** When a reused connection dies before the first byte of the answer, libcurl takes another one and sends the request again by
/// itself, POST or not (`Curl_retry_request`; design §2). Three locks are on that door, and the call ends as `.connectionLost`:
/// 1. `CURLOPT_PREREQFUNCTION`, called right before each time libcurl sends a request: `mayBegin` counts, and says no to the second time. It holds for every
///    method, for empty bodies too, where rewinding nothing succeeds. The same count is the proof behind `mayHaveBeenSent == false`: while it is 0, libcurl was
///    never let to send a byte of the request.
/// 2. `CURLOPT_SOCKOPTFUNCTION`, called for each new socket: none is opened for a request that was begun. The caller hears at once instead of after another
///    handshake, or after a connection to a host that has just gone.
/// 3. Bodies come from a read function that nobody can rewind (`CURLE_SEND_FAIL_REWIND`).
///
/// Touched on its loop's thread alone, where libcurl makes its callbacks too.
@safe final class Transfer {
  /// What a call came to.
  typealias Outcome = Result<HTTPClientResponse, HTTPClientError>

  let handle: UnsafeMutableRawPointer
  let errorText: UnsafeMutablePointer<CChar>
  /// What `CURLOPT_HTTPHEADER` points to at the moment.
  var lines: UnsafeMutablePointer<curl_slist>?
  private let headLimit: Int
  private let addresses: AddressPolicy

  private var request: PreparedRequest?
  private var deadline = ContinuousClock.now
  private var continuation: CheckedContinuation<Outcome, Never>?
  private var bytesRead = 0
  private var timesBegun = 0
  private var wasResendRefused = false
  private var isTooLarge = false
  private var wasAddressRefused = false
  private var wasAddressAllowed = false
  private var bytesIgnored = 0
  private var head: AnswerHead
  private var body: [UInt8] = []

  /// Nil where libcurl has no memory for another handle.
  init?(configuration: HTTPClientConfiguration) {
    guard CurlLibrary.ready, let handle = unsafe curl_easy_init() else { return nil }
    unsafe self.handle = handle
    unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    headLimit = configuration.headLimit
    addresses = configuration.addresses
    head = AnswerHead(limit: configuration.headLimit)
    setUp(configuration)
  }

  deinit {
    unsafe curl_easy_cleanup(handle)
    unsafe curl_slist_free_all(lines)
    unsafe errorText.deallocate()
  }

  /// Whether any byte of the request can have left: libcurl was let to begin.
  private var mayHaveBeenSent: Bool { timesBegun > 0 }
}

// MARK: - A call's way

extension Transfer {
  /// Takes on a call; the handle can then be added to the multi handle.
  /// - Parameter remaining: what is left of the call's time, more than zero.
  func begin(
    _ request: PreparedRequest, deadline: ContinuousClock.Instant, remaining: Duration, continuation: CheckedContinuation<Outcome, Never>
  ) {
    precondition(self.request == nil, "a handle carries one call at a time")
    self.request = request
    self.deadline = deadline
    self.continuation = continuation
    bytesRead = 0
    timesBegun = 0
    wasResendRefused = false
    isTooLarge = false
    wasAddressRefused = false
    wasAddressAllowed = false
    bytesIgnored = 0
    head = AnswerHead(limit: headLimit)
    body = []
    unsafe errorText[0] = 0
    setUp(request, remaining: remaining)
  }

  /// Ends the call with what libcurl says. The handle must have left the multi handle.
  func end(_ result: CURLcode) {
    end((result == CURLE_OK || isLongerThanWanted) && head.isComplete ? .success(answer()) : .failure(failure(result)))
  }

  /// Ends the call because we gave it up.
  func endCanceled(_ detail: String) {
    end(.failure(HTTPClientError(code: .canceled, mayHaveBeenSent: mayHaveBeenSent, detail: detail)))
  }

  /// Every address that came up is one that we do not connect to.
  private var noAddressAllowed: Bool { wasAddressRefused && !wasAddressAllowed }

  /// We stopped reading a body that nobody wants.
  private var isLongerThanWanted: Bool { request.map { !$0.keepsAnswer && bytesIgnored > $0.answerLimit } ?? false }

  private func end(_ outcome: Outcome) {
    let continuation = self.continuation.take()
    request = nil
    body = []
    continuation?.resume(returning: outcome)
  }

  private func answer() -> HTTPClientResponse {
    var response = HTTPClientResponse(status: head.status, fields: head.fields, body: body)
    response.rejectedFieldNames = head.rejectedNames
    return response
  }

  private func failure(_ result: CURLcode) -> HTTPClientError {
    HTTPClientError(code: failureCode(result), mayHaveBeenSent: mayHaveBeenSent, detail: detail(result))
  }

  private func failureCode(_ result: CURLcode) -> HTTPClientError.Code {
    if wasResendRefused { return .connectionLost }
    if isTooLarge { return .answerTooLarge }
    if noAddressAllowed { return .addressRefused }
    if result == CURLE_OK { return .malformedAnswer }
    if result == CURLE_OPERATION_TIMEDOUT && ContinuousClock.now >= deadline - Self.clockGrain { return .timeout }
    return CurlFailure.code(of: result, begun: mayHaveBeenSent)
  }

  /// libcurl and we read different clocks and round to milliseconds.
  private static let clockGrain = Duration.milliseconds(5)

  /// Method, place and libcurl's sentence. Its longer text (host, port, what is wrong with a certificate) is taken only while nothing was sent: later it may
  /// quote what the server said.
  private func detail(_ result: CURLcode) -> String {
    let what = "\(request?.method ?? "") \(request?.place ?? "")"
    if wasResendRefused { return "\(what): the connection ended before an answer; not sent again" }
    if isTooLarge { return "\(what): the answer is longer than its bound" }
    if noAddressAllowed { return "\(what): its address is not public" }
    if result == CURLE_OK { return "\(what): the answer has no final status" }
    // SAFETY: libcurl writes at most CURL_ERROR_SIZE bytes with the closing null.
    let said = mayHaveBeenSent || result == CURLE_URL_MALFORMAT ? "" : unsafe String(cString: errorText)
    return "\(what): \(said.isEmpty ? CurlFailure.text(of: result) : said) (curl \(result.rawValue))"
  }
}

// MARK: - What libcurl asks and tells

extension Transfer {
  /// libcurl is about to send the request: yes the first time, never again.
  func mayBegin() -> Bool {
    timesBegun += 1
    if timesBegun > 1 { wasResendRefused = true }
    return timesBegun == 1
  }

  /// libcurl is about to connect a new socket.
  func mayConnect() -> Bool {
    if timesBegun > 0 { wasResendRefused = true }
    return timesBegun == 0
  }

  /// libcurl wants a socket for an address.
  func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    guard unsafe addresses.allows(address) else {
      wasAddressRefused = true
      return AddressPolicy.noSocket
    }
    wasAddressAllowed = true
    return unsafe AddressPolicy.open(address)
  }

  func readBody(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard let request else { return Int(CURL_READFUNC_ABORT) }
    let piece = request.bodyRate.map { max(1, $0 / 4) } ?? buffer.count
    let count = min(buffer.count, piece, request.body.count - bytesRead)
    // SAFETY: `count` bytes lie in both; libcurl lends the buffer for this call.
    unsafe request.body.withUnsafeBytes {
      unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[bytesRead..<bytesRead + count]))
    }
    bytesRead += count
    return count
  }

  func takeHead(_ line: UnsafeRawBufferPointer) -> Bool {
    let fits = unsafe head.take(line)
    if !fits { isTooLarge = true }
    return fits
  }

  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if let request, !request.keepsAnswer {
      bytesIgnored += bytes.count
      return bytesIgnored <= request.answerLimit
    }
    guard let request, body.count + bytes.count <= request.answerLimit else {
      isTooLarge = true
      return false
    }
    unsafe body.append(contentsOf: bytes)
    return true
  }

  /// The transfer behind a callback's or a message's pointer.
  static func from(_ pointer: UnsafeMutableRawPointer?) -> Transfer {
    // SAFETY: every handle carries the pointer of its own Transfer, which its session keeps alive while the handle is in the multi handle.
    guard let pointer = unsafe pointer else { preconditionFailure("every handle carries its transfer") }
    return unsafe Unmanaged<Transfer>.fromOpaque(pointer).takeUnretainedValue()
  }
}
