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
  private let errorText: UnsafeMutablePointer<CChar>
  private var lines: UnsafeMutablePointer<curl_slist>?
  private let headLimit: Int

  private var request: PreparedRequest?
  private var deadline = ContinuousClock.now
  private var continuation: CheckedContinuation<Outcome, Never>?
  private var bytesRead = 0
  private var timesBegun = 0
  private var wasResendRefused = false
  private var isTooLarge = false
  private var head: AnswerHead
  private var body: [UInt8] = []

  /// Nil where libcurl has no memory for another handle.
  init?(configuration: HTTPClientConfiguration) {
    guard CurlLibrary.ready, let handle = unsafe curl_easy_init() else { return nil }
    unsafe self.handle = handle
    unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    headLimit = configuration.headLimit
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
    head = AnswerHead(limit: headLimit)
    body = []
    unsafe errorText[0] = 0
    setUp(request, remaining: remaining)
  }

  /// Ends the call with what libcurl says. The handle must have left the multi handle.
  func end(_ result: CURLcode) {
    end(result == CURLE_OK && head.isComplete ? .success(answer()) : .failure(failure(result)))
  }

  /// Ends the call because we gave it up.
  func endCanceled(_ detail: String) {
    end(.failure(HTTPClientError(code: .canceled, mayHaveBeenSent: mayHaveBeenSent, detail: detail)))
  }

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
    if result == CURLE_OK { return "\(what): the answer has no final status" }
    // SAFETY: libcurl writes at most CURL_ERROR_SIZE bytes with the closing null.
    let said = mayHaveBeenSent || result == CURLE_URL_MALFORMAT ? "" : unsafe String(cString: errorText)
    return "\(what): \(said.isEmpty ? CurlFailure.text(of: result) : said) (curl \(result.rawValue))"
  }
}

// MARK: - What libcurl asks and tells

extension Transfer {
  /// libcurl is about to send the request: yes the first time, never again.
  fileprivate func mayBegin() -> Bool {
    timesBegun += 1
    if timesBegun > 1 { wasResendRefused = true }
    return timesBegun == 1
  }

  /// libcurl is about to connect a new socket.
  fileprivate func mayConnect() -> Bool {
    if timesBegun > 0 { wasResendRefused = true }
    return timesBegun == 0
  }

  fileprivate func readBody(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard let request else { return Int(CURL_READFUNC_ABORT) }
    let count = min(buffer.count, request.body.count - bytesRead)
    // SAFETY: `count` bytes lie in both; libcurl lends the buffer for this call.
    unsafe request.body.withUnsafeBytes {
      unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[bytesRead..<bytesRead + count]))
    }
    bytesRead += count
    return count
  }

  fileprivate func takeHead(_ line: UnsafeRawBufferPointer) -> Bool {
    let fits = unsafe head.take(line)
    if !fits { isTooLarge = true }
    return fits
  }

  fileprivate func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
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

// MARK: - Options

extension Transfer {
  /// What is the same for every call.
  private func setUp(_ configuration: HTTPClientConfiguration) {
    let me = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe set(CURLOPT_PRIVATE, pointer: me)
    unsafe set(CURLOPT_ERRORBUFFER, pointer: errorText)
    unsafe setUpCallbacks(me)
    setUpTLS(configuration)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
    set(CURLOPT_NOSIGNAL, 1)
    // A name that resolves slowly must not hold up the loop when its call ends: libcurl then lets the resolver's thread finish by itself.
    set(CURLOPT_QUICK_EXIT, 1)
    // The least that libcurl takes instead of 64 KiB: each handle keeps such a buffer, and our bodies are small.
    set(CURLOPT_UPLOAD_BUFFERSIZE, 16 * 1024)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_HTTP09_ALLOWED, 0)
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    // An empty text, unlike none at all, keeps libcurl from the environment.
    set(CURLOPT_PROXY, configuration.proxy ?? "")
    set(CURLOPT_NOPROXY, "")
    if configuration.acceptsGzip { set(CURLOPT_ACCEPT_ENCODING, "gzip") }
    set(CURLOPT_MAXAGE_CONN, max(1, Int(configuration.idleTimeout.components.seconds)))
  }

  private func setUpTLS(_ configuration: HTTPClientConfiguration) {
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    // The bundle without the folder lets libcurl keep the parsed bundle between handshakes; parsing 140 certificates each time costs milliseconds. With a file
    // of our own the folder serves: certificates are looked up there one by one, by hash.
    let (file, folder): (String?, String?) =
      switch configuration.trust {
      case .system: CurlLibrary.authorityFile.map { ($0, nil) } ?? (nil, CurlLibrary.authorityFolder)
      case .systemAnd(let file): (file, CurlLibrary.authorityFolder)
      case .only(let file): (file, nil)
      }
    for (fileOption, folderOption) in [(CURLOPT_CAINFO, CURLOPT_CAPATH), (CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH)] {
      set(fileOption, file)
      set(folderOption, folder)
    }
  }

  /// What differs from call to call; every option of it is set every time.
  private func setUp(_ request: PreparedRequest, remaining: Duration) {
    set(CURLOPT_URL, request.url)
    switch request.shape {
    case .bodyless: set(CURLOPT_HTTPGET, 1)
    case .head: set(CURLOPT_NOBODY, 1)
    case .upload: set(CURLOPT_POST, 1)
    }
    set(CURLOPT_CUSTOMREQUEST, request.shape == .head ? nil : request.method)
    check(unsafe ccurl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, request.body.count))
    set(CURLOPT_FRESH_CONNECT, request.freshConnection ? 1 : 0)
    set(CURLOPT_TIMEOUT_MS, remaining.milliseconds)
    set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.milliseconds)
    setLines(request.lines)
  }

  private func setLines(_ texts: [String]) {
    var list: UnsafeMutablePointer<curl_slist>?
    for text in texts {
      guard let longer = unsafe curl_slist_append(list, text) else { preconditionFailure("no memory for a header line") }
      unsafe list = longer
    }
    check(unsafe ccurl_set_list(handle, CURLOPT_HTTPHEADER, list))
    unsafe curl_slist_free_all(lines)
    unsafe lines = list
  }

  private func setUpCallbacks(_ me: UnsafeMutableRawPointer) {
    for option in [CURLOPT_READDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_PREREQDATA, CURLOPT_SOCKOPTDATA] {
      unsafe set(option, pointer: me)
    }
    check(
      unsafe ccurl_set_prerequest_function(handle) { transfer, _, _, _, _ in
        unsafe Transfer.from(transfer).mayBegin() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
      })
    check(
      unsafe ccurl_set_socket_option_function(handle) { transfer, _, _ in
        unsafe Transfer.from(transfer).mayConnect() ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR
      })
    // SAFETY of all three: libcurl lends `size * count` bytes at `bytes` for the call.
    check(
      unsafe ccurl_set_bytes_function(handle, CURLOPT_READFUNCTION) { bytes, size, count, transfer in
        unsafe Transfer.from(transfer).readBody(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
      })
    check(
      unsafe ccurl_set_bytes_function(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, transfer in
        unsafe Transfer.from(transfer).takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : -1
      })
    check(
      unsafe ccurl_set_bytes_function(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, transfer in
        unsafe Transfer.from(transfer).takeHead(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : -1
      })
  }

  private func set(_ option: CURLoption, _ value: Int) { check(unsafe ccurl_set_long(handle, option, value)) }

  /// libcurl copies the text.
  private func set(_ option: CURLoption, _ text: String?) { check(unsafe ccurl_set_text(handle, option, text)) }

  private func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) { check(unsafe ccurl_set_pointer(handle, option, pointer)) }

  private func check(_ result: CURLcode) {
    precondition(result == CURLE_OK, "libcurl 7.88 or later knows the option and has memory: \(result.rawValue)")
  }
}

extension Duration {
  /// Whole milliseconds, rounded up, at least 1 (libcurl takes 0 for "no bound") and at most a day.
  fileprivate var milliseconds: Int {
    let clamped = Swift.min(Swift.max(self, .milliseconds(1)), .seconds(86_400))
    let (seconds, attoseconds) = clamped.components
    return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
