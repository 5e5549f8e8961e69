import CCurl

/// What libcurl is told: what is the same for every call once, the rest before each.
extension Transfer {
  /// What is the same for every call.
  func setUp(_ configuration: HTTPClientConfiguration) {
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
  func setUp(_ request: PreparedRequest, remaining: Duration) {
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
    check(unsafe ccurl_set_size(handle, CURLOPT_MAX_SEND_SPEED_LARGE, request.bodyRate ?? 0))
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
    for option in [
      CURLOPT_READDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_PREREQDATA, CURLOPT_SOCKOPTDATA, CURLOPT_OPENSOCKETDATA,
    ] {
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
    check(
      unsafe ccurl_set_open_socket_function(handle) { transfer, _, address in
        guard let address = unsafe address else { return AddressPolicy.noSocket }
        return unsafe Transfer.from(transfer).open(address)
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
