import CCurl

/// What libcurl's result codes mean to a caller: the one table.
///
/// The same code means different things before and after the request was begun: a reset during the handshake is "connect", a reset while we wait for the answer
/// is "connection lost". Our own reasons (deadline, bounds, cancelling, a refused re-send) are looked at before this table.
enum CurlFailure {
  private struct Row {
    let before: HTTPClientError.Code
    let after: HTTPClientError.Code

    static func always(_ code: HTTPClientError.Code) -> Row { Row(before: code, after: code) }
  }

  /// The connection did not come to stand, or did not last. Also what a code that is not named here means.
  private static let unfinished = Row(before: .connect, after: .connectionLost)

  private static let table: [CURLcode.RawValue: Row] = {
    let rows: [(Row, [CURLcode])] = [
      // Unsupported protocol: of the URL, or an answer in HTTP/0.9, which we do not read.
      (Row(before: .invalidRequest, after: .malformedAnswer), [CURLE_UNSUPPORTED_PROTOCOL]),
      (.always(.invalidRequest), [CURLE_URL_MALFORMAT, CURLE_NOT_BUILT_IN, CURLE_LOGIN_DENIED, CURLE_BAD_FUNCTION_ARGUMENT]),
      (unfinished, [CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_PROXY]),
      (unfinished, [CURLE_NO_CONNECTION_AVAILABLE, CURLE_FAILED_INIT, CURLE_INTERFACE_FAILED]),
      (
        Row(before: .tls, after: .connectionLost),
        [
          CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM,
          CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE,
          CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED,
        ]
      ),
      // Here the connection's own bound; the whole call's is told by the clock.
      (Row(before: .connect, after: .timeout), [CURLE_OPERATION_TIMEDOUT]),
      (
        unfinished,
        [
          CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SEND_FAIL_REWIND, CURLE_PARTIAL_FILE, CURLE_READ_ERROR, CURLE_HTTP2,
          CURLE_HTTP2_STREAM, CURLE_ABORTED_BY_CALLBACK,
        ]
      ),
      // WRITE_ERROR: libcurl's own writer failed, such as a chunk size that is none; our bounds are told apart before.
      (Row(before: .connect, after: .malformedAnswer), [CURLE_WEIRD_SERVER_REPLY, CURLE_WRITE_ERROR, CURLE_BAD_CONTENT_ENCODING]),
      // OUT_OF_MEMORY: so 7.88 calls a line of the head that is longer than its own bound, 100 KiB (tried).
      (Row(before: .connect, after: .answerTooLarge), [CURLE_FILESIZE_EXCEEDED, CURLE_OUT_OF_MEMORY]),
    ]
    return Dictionary(uniqueKeysWithValues: rows.flatMap { row, codes in codes.map { ($0.rawValue, row) } })
  }()

  /// - Parameter begun: whether libcurl was let to send the request.
  static func code(of result: CURLcode, begun: Bool) -> HTTPClientError.Code {
    let row = table[result.rawValue] ?? unfinished
    return begun ? row.after : row.before
  }

  /// libcurl's constant sentence for a code.
  static func text(of result: CURLcode) -> String {
    // SAFETY: libcurl gives a static, null-terminated text for every code.
    unsafe String(cString: curl_easy_strerror(result))
  }
}
