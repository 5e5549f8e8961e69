package import HTTPTypes

/// Why a request is refused before, or instead of, a handler's own answer. One table (`Code`) says how each looks; `response` is the one place that makes the
/// answer (design §4.4, RFC 9457).
package struct HTTPError: Error, Hashable, Sendable {
  /// What kind of refusal; the raw value is the problem's `code`.
  package enum Code: String, Sendable, CaseIterable {
    case malformed
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case requestTimeout = "request_timeout"
    case bodyTooLarge = "body_too_large"
    case targetTooLong = "target_too_long"
    case unsupportedMediaType = "unsupported_media_type"
    case expectationFailed = "expectation_failed"
    case headTooLarge = "head_too_large"
    case internalError = "internal_error"
    case notImplemented = "not_implemented"
    case overloaded
    case versionNotSupported = "version_not_supported"
  }

  package var code: Code
  /// A sentence for the caller; never a secret, never a value of the request.
  package var detail: String
  /// More fields of the answer, such as `Allow` or `Retry-After`.
  package var fields: HTTPFields

  package init(_ code: Code, _ detail: String, fields: HTTPFields = [:]) {
    self.code = code
    self.detail = detail
    self.fields = fields
  }

  /// The answer: a problem document.
  package func response(requestID: String) -> Response {
    .problem(
      status: code.status, code: code.rawValue, title: code.title, detail: detail, requestID: requestID, retryable: code.isRetryable,
      fields: fields)
  }
}

extension HTTPError.Code {
  package var status: HTTPResponse.Status {
    switch self {
    case .malformed: .badRequest
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .requestTimeout: .requestTimeout
    case .bodyTooLarge: .contentTooLarge
    case .targetTooLong: .uriTooLong
    case .unsupportedMediaType: .unsupportedMediaType
    case .expectationFailed: .expectationFailed
    case .headTooLarge: .requestHeaderFieldsTooLarge
    case .internalError: .internalServerError
    case .notImplemented: .notImplemented
    case .overloaded: .serviceUnavailable
    case .versionNotSupported: .httpVersionNotSupported
    }
  }

  package var title: String {
    switch self {
    case .malformed: "The request is malformed"
    case .notFound: "Nothing here"
    case .methodNotAllowed: "The method is not allowed here"
    case .requestTimeout: "The request took too long"
    case .bodyTooLarge: "The body is too large"
    case .targetTooLong: "The address is too long"
    case .unsupportedMediaType: "The media type is not supported"
    case .expectationFailed: "The expectation cannot be met"
    case .headTooLarge: "The head is too large"
    case .internalError: "Something went wrong here"
    case .notImplemented: "This is not implemented"
    case .overloaded: "Too busy"
    case .versionNotSupported: "The HTTP version is not supported"
    }
  }

  /// Whether the same request may succeed later.
  package var isRetryable: Bool {
    switch self {
    case .requestTimeout, .overloaded, .internalError: true
    default: false
    }
  }
}
