import HTTPServer
import HTTPTypes

/// `docs/problems.md`: every problem there is, from the table that answers them. A test compares the page with this text.
enum ProblemPage {
  static var text: String {
    var lines = intro
    lines += ["| Status | Code | Title | Try again | What to do |", "|---|---|---|---|---|"]
    for code in ProblemCode.all.sorted(by: { ($0.status.code, $0.text) < ($1.status.code, $1.text) }) {
      lines.append("| \(code.status.code) | `\(code.text)` | \(code.title) | \(code.isRetryable ? "yes" : "no") | \(code.advice) |")
    }
    lines += [
      "", "## Faults of members", "", "`errors` lists every fault of a body or query at once, at most \(Problem.mostFaults) of them:",
    ]
    lines += [
      "`{\"pointer\", \"code\", \"detail\"}`, the pointer by RFC 6901. A fault of a signed order's claim stands below `/signed_order`.", "",
    ]
    lines += ["| Code | Means |", "|---|---|"]
    for code in FieldFault.Code.allCases { lines.append("| `\(code.rawValue)` | \(code.meaning) |") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let intro = [
    "# Problems", "",
    "<!-- Written from Sources/Facade/Problems by their test: PAYLINK_WRITE_DOCS=1 swift test --filter ProblemPageTests -->", "",
    "Every refusal is a document of RFC 9457, `application/problem+json`: `type` (`urn:paylink:problem:` and the code), `title`, `status`,",
    "`detail`, `code`, `request_id` and `retryable`; where it helps also `errors` (below), `link: {id, status}` (the link that stands in the way)",
    "and `upstream: {code, description}` (what the acquirer said). `request_id` is also in the field X-Request-Id and in the log lines of the",
    "request; whoever sends X-Request-Id, 1 to 64 visible ASCII characters without quotes, finds their own there.", "",
    "\"Try again\" is the member `retryable`: the same request may succeed later; Retry-After says when. Send it with the same Idempotency-Key.",
    "Nothing of a request's values stands in a problem.", "",
  ]
}

extension ProblemCode {
  /// All there are: one after the other, so that the compiler asks where a new one belongs.
  static var all: [ProblemCode] {
    HTTPError.Code.allCases.map { .http($0) } + Array(sequence(first: .idempotencyKeyMissing) { $0.next })
  }

  private var next: ProblemCode? {
    switch self {
    case .http: nil
    case .idempotencyKeyMissing: .unauthorized
    case .unauthorized: .insufficientScope
    case .insufficientScope: .inProgress
    case .inProgress: .orderHasLink
    case .orderHasLink: .wrongState
    case .wrongState: .rateLimited
    case .rateLimited: .amountExceedsCaptured
    case .amountExceedsCaptured: .amountExceedsAuthorized
    case .amountExceedsAuthorized: .invalidRequest
    case .invalidRequest: .idempotencyKeyReused
    case .idempotencyKeyReused: .unsupportedByAcquirer
    case .unsupportedByAcquirer: .acquirerRefused
    case .acquirerRefused: .acquirerMisconfigured
    case .acquirerMisconfigured: .acquirerUnreachable
    case .acquirerUnreachable: .databaseUnavailable
    case .databaseUnavailable: nil
    }
  }

  /// A sentence for whoever meets it.
  var advice: String {
    switch self {
    case .http(let code): Self.advice(code)
    case .idempotencyKeyMissing: "Send Idempotency-Key: the request changes money. One key for one intent, the same on every repeat."
    case .unauthorized: "Send `Authorization: Bearer` with a key of this gateway that has not expired."
    case .insufficientScope: "Use a key with the scope that WWW-Authenticate names."
    case .inProgress: "Wait for Retry-After, then send it again with the same key."
    case .orderHasLink: "Use the link that `link` names, or end it first. One order has one live link."
    case .wrongState: "Read the link: its status does not allow this."
    case .rateLimited: "Wait for Retry-After. RateLimit and RateLimit-Policy say what is left."
    case .amountExceedsCaptured: "Ask for at most what `detail` says is left of the captured money."
    case .amountExceedsAuthorized: "Ask for at most what `detail` says is held."
    case .invalidRequest: "Mend what `errors` lists."
    case .idempotencyKeyReused: "A new request takes a new key; this one belongs to another route or body."
    case .unsupportedByAcquirer: "Leave out what `errors` lists: the merchant's kind of account cannot do it."
    case .acquirerRefused: "`upstream` says why. Nothing moved."
    case .acquirerMisconfigured: "Nothing the caller can do: the gateway's operator must look at it, and an alarm rang."
    case .acquirerUnreachable: "Nothing was sent. Try again after Retry-After."
    case .databaseUnavailable: "Try again after Retry-After, with the same Idempotency-Key."
    }
  }

  private static func advice(_ code: HTTPError.Code) -> String {
    switch code {
    case .malformed: "Send well-formed HTTP and JSON; `detail` says what is broken."
    case .notFound: "Look at the address. Another merchant's object is not found either."
    case .methodNotAllowed: "Use a method that Allow lists."
    case .requestTimeout: "Send the request faster."
    case .bodyTooLarge: "Send a smaller body; `detail` names the bound."
    case .targetTooLong: "Send a shorter address."
    case .unsupportedMediaType: "Send `Content-Type: application/json`, in UTF-8, and no `Content-Encoding`."
    case .expectationFailed: "Expect nothing but 100-continue."
    case .headTooLarge: "Send fewer or shorter fields."
    case .internalError: "Our fault; tell the operator the `request_id`."
    case .notImplemented: "Use no transfer coding but chunked."
    case .overloaded: "Nothing was done. Try again after Retry-After."
    case .versionNotSupported: "Speak HTTP/1.1."
    }
  }
}

extension FieldFault.Code {
  fileprivate var meaning: String {
    switch self {
    case .required: "the member must be there"
    case .unknownMember: "no member of this object has the name"
    case .wrongType: "another JSON type is needed"
    case .tooShort: "the text is too short"
    case .tooLong: "the text is too long"
    case .tooMany: "the list or object has too many members"
    case .outOfRange: "the number or time is outside its bounds"
    case .malformed: "the text does not have the form it must have"
    case .cardNumber: "it looks like a card number, which this API never takes"
    case .notServed: "the key does not serve it"
    case .invalid: "it breaks a rule that `detail` names"
    case .unsupported: "the merchant's acquirer cannot do it"
    }
  }
}
