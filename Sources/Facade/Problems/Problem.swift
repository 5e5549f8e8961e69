import HTTPServer
import HTTPTypes
import Payments

/// A "no" with its reasons; becomes a problem document (RFC 9457; design §4.4).
struct Problem: Error {
  var code: ProblemCode
  /// A sentence for the caller; never a value of the request.
  var detail: String
  var faults: [FieldFault] = []
  /// The link that stands in the way.
  var link: (id: LinkID, status: LinkStatus)?
  /// What the acquirer said.
  var upstream: (code: String, description: String)?
  var retryAfter: Duration?
  /// Whether the same may succeed later, where that is known better than the code's own row says it.
  var isRetryable: Bool?
  var fields: HTTPFields = [:]

  init(_ code: ProblemCode, _ detail: String) {
    self.code = code
    self.detail = detail
  }

  init(_ error: HTTPError) {
    self.init(.http(error.code), error.detail)
    fields = error.fields
  }

  /// All faults of a body or query at once. At most `mostFaults` are told, so that a body of 64 KiB cannot ask for an answer of megabytes.
  init(faults: [FieldFault]) {
    let isUnsupported = !faults.isEmpty && faults.allSatisfy { $0.code == .unsupported }
    self.init(
      isUnsupported ? .unsupportedByAcquirer : .invalidRequest,
      faults.count == 1 ? "One member is not valid." : "\(faults.count) members are not valid.")
    self.faults = Array(faults.prefix(Self.mostFaults))
  }

  static let mostFaults = 100

  func response(requestID: String) -> Response {
    var fields = fields
    if let retryAfter { fields[.retryAfter] = String(max(1, (retryAfter.wholeMilliseconds + 999) / 1000)) }
    return .problem(
      status: code.status, code: code.text, title: code.title, detail: detail, requestID: requestID,
      retryable: isRetryable ?? code.isRetryable,
      members: members, fields: fields)
  }

  private var members: [String] {
    var members: [String] = []
    if !faults.isEmpty { members.append("\"errors\":" + JSONAnswer.text(faults)) }
    if let link { members.append("\"link\":" + JSONAnswer.text(["id": link.id.text, "status": link.status.rawValue])) }
    if let upstream { members.append("\"upstream\":" + JSONAnswer.text(["code": upstream.code, "description": upstream.description])) }
    return members
  }
}

extension Problem {
  static let notFound = Problem(.http(.notFound), "No such payment link.")

  /// RFC 6750 §3: a challenge without an error where nothing was presented.
  static func unauthorized(isPresented: Bool = false) -> Problem {
    var problem = Problem(
      .unauthorized, isPresented ? "The credentials are not valid." : "Authorization: Bearer with an API key is needed.")
    problem.fields[.wwwAuthenticate] = "Bearer realm=\"paylink\"" + (isPresented ? ", error=\"invalid_token\"" : "")
    return problem
  }

  static func insufficientScope(_ scope: KeyScope, _ detail: String) -> Problem {
    var problem = Problem(.insufficientScope, detail)
    problem.fields[.wwwAuthenticate] = "Bearer realm=\"paylink\", error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""
    return problem
  }
}
