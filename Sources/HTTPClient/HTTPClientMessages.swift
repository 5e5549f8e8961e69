package import HTTPTypes

/// A request to another server. The body is sent once, never twice (design §2, "HTTPS client").
package struct HTTPClientRequest: Sendable {
  package var method: HTTPRequest.Method
  /// Absolute URL, `https://…` or `http://…`.
  package var url: String
  package var fields: HTTPFields
  package var body: [UInt8]
  /// How long the connection may take to stand.
  package var connectTimeout: Duration
  /// How long the whole call may take, connecting included.
  package var timeout: Duration
  /// Opens a connection of its own instead of one from the pool: for what must arrive at most once.
  package var freshConnection: Bool
  /// Bound of the answer's body in bytes.
  package var answerLimit: Int
  /// Whether the answer's body is wanted. Where it is not, one that is longer than its bound is not read to its end, and the answer counts all the same.
  package var keepsAnswer: Bool
  /// Sends the body in small pieces, at most so many bytes a second; nil for as fast as it goes. For trying how a server reads.
  package var bodyRate: Int?

  package init(
    method: HTTPRequest.Method = .post, url: String, fields: HTTPFields = [:], body: [UInt8] = [], connectTimeout: Duration = .seconds(5),
    timeout: Duration = .seconds(20), freshConnection: Bool = false, answerLimit: Int = 1 << 20, keepsAnswer: Bool = true,
    bodyRate: Int? = nil
  ) {
    self.method = method
    self.url = url
    self.fields = fields
    self.body = body
    self.connectTimeout = connectTimeout
    self.timeout = timeout
    self.freshConnection = freshConnection
    self.answerLimit = answerLimit
    self.keepsAnswer = keepsAnswer
    self.bodyRate = bodyRate
  }
}

/// The answer of another server, whole.
package struct HTTPClientResponse: Sendable {
  package var status: Int
  package var fields: HTTPFields
  package var body: [UInt8]
  /// Names of fields that were dropped since they are no names, printable bytes only, the first few.
  package var rejectedFieldNames: [String] = []

  package init(status: Int, fields: HTTPFields = [:], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}

/// Why a call brought no answer.
package struct HTTPClientError: Error, Sendable {
  package enum Code: Sendable {
    /// The URL or a field cannot be sent.
    case invalidRequest
    /// Too many calls wait already.
    case overloaded
    /// Name resolution failed, or nobody took the connection in time.
    case connect
    /// Every address of the host is one that this client does not connect to (`AddressPolicy`).
    case addressRefused
    /// The TLS handshake failed or the certificate is not to be trusted.
    case tls
    /// The call's time is over.
    case timeout
    /// The connection ended before a whole answer was read.
    case connectionLost
    /// The answer is longer than its bound.
    case answerTooLarge
    /// What came back is not HTTP.
    case malformedAnswer
    /// The caller gave up, or the client was shut down.
    case canceled
  }

  package var code: Code
  /// Whether any byte of the request can have reached the server. `false` is a proof; `true` means nobody knows.
  package var mayHaveBeenSent: Bool
  /// What was being done and what libcurl says; never a field, a body or a query.
  package var detail: String

  package init(code: Code, mayHaveBeenSent: Bool, detail: String) {
    self.code = code
    self.mayHaveBeenSent = mayHaveBeenSent
    self.detail = detail
  }
}

/// Who can make calls: the real client, or a test's own.
package protocol HTTPCaller: Sendable {
  func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse
}
