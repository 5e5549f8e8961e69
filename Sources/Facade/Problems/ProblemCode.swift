import HTTPServer
import HTTPTypes

/// The one table of what we refuse (design §4.4): code, status, title, and whether the same request may succeed later. What any HTTP server refuses stands in
/// `HTTPError.Code`.
enum ProblemCode: Hashable, Sendable {
  case http(HTTPError.Code)
  case idempotencyKeyMissing, unauthorized, insufficientScope
  case inProgress, orderHasLink, wrongState
  case rateLimited
  case amountExceedsCaptured, amountExceedsAuthorized
  case invalidRequest, idempotencyKeyReused, unsupportedByAcquirer, acquirerRefused
  case acquirerMisconfigured
  case acquirerUnreachable, databaseUnavailable

  var text: String { row.text }
  var status: HTTPResponse.Status { row.status }
  var title: String { row.title }
  var isRetryable: Bool { row.isRetryable }

  private struct Row {
    var text: String
    var status: HTTPResponse.Status
    var title: String
    var isRetryable = false
  }

  private var row: Row {
    switch self {
    case .http(let code): Row(text: code.rawValue, status: code.status, title: code.title, isRetryable: code.isRetryable)
    case .idempotencyKeyMissing: Row(text: "idempotency_key_missing", status: .badRequest, title: "The Idempotency-Key is missing")
    case .unauthorized: Row(text: "unauthorized", status: .unauthorized, title: "Credentials are missing or not valid")
    case .insufficientScope: Row(text: "insufficient_scope", status: .forbidden, title: "The credentials do not allow this")
    case .inProgress: Row(text: "in_progress", status: .conflict, title: "The same request is under way", isRetryable: true)
    case .orderHasLink: Row(text: "order_has_link", status: .conflict, title: "The order has a live link")
    case .wrongState: Row(text: "wrong_state", status: .conflict, title: "The link's status does not allow this")
    case .invalidRequest: Row(text: "invalid_request", status: .unprocessableContent, title: "The request is not valid")
    case .idempotencyKeyReused:
      Row(text: "idempotency_key_reused", status: .unprocessableContent, title: "The Idempotency-Key was used for another request")
    case .amountExceedsCaptured:
      Row(text: "amount_exceeds_captured", status: .unprocessableContent, title: "The amount is more than is left of what was captured")
    case .amountExceedsAuthorized:
      Row(text: "amount_exceeds_authorized", status: .unprocessableContent, title: "The amount is more than is held")
    case .unsupportedByAcquirer:
      Row(text: "unsupported_by_acquirer", status: .unprocessableContent, title: "The merchant's acquirer cannot do this")
    case .acquirerRefused: Row(text: "acquirer_refused", status: .unprocessableContent, title: "The acquirer refused the order")
    case .rateLimited: Row(text: "rate_limited", status: .tooManyRequests, title: "Too many requests", isRetryable: true)
    case .acquirerMisconfigured:
      Row(text: "acquirer_misconfigured", status: .badGateway, title: "The acquirer does not accept this gateway's configuration")
    case .acquirerUnreachable:
      Row(text: "acquirer_unreachable", status: .serviceUnavailable, title: "The acquirer cannot be reached", isRetryable: true)
    case .databaseUnavailable:
      Row(text: "database_unavailable", status: .serviceUnavailable, title: "The books are not available", isRetryable: true)
    }
  }
}
