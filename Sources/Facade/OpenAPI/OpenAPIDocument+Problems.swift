import HTTPServer
import HTTPTypes

extension OpenAPIDocument {
  /// What each status may mean: its codes, by the one table of problems.
  private static let statuses: [Int] = Array(Set(ProblemCode.all.map(\.status.code))).sorted()

  static let responses: String =
    """
        ChangedLink:
          description: The link as it stands now.
          headers:
            Idempotency-Replayed: {$ref: "#/components/headers/IdempotencyReplayed"}
          content: {application/json: {schema: {$ref: "#/components/schemas/PaymentLink"}}}
        PendingLink:
          description: Sent, or about to be; its end is not known yet.
          headers:
            Idempotency-Replayed: {$ref: "#/components/headers/IdempotencyReplayed"}
          content: {application/json: {schema: {$ref: "#/components/schemas/PaymentLink"}}}
        Problem:
          description: Any other refusal.
          content: {application/problem+json: {schema: {$ref: "#/components/schemas/Problem"}}}

    """ + statuses.map(response).joined(separator: "\n") + """

        requestBodies:
          Nothing:
            description: No body, or an empty object.
            content: {application/json: {schema: {$ref: "#/components/schemas/Nothing"}}}
      """

  private static func response(_ status: Int) -> String {
    let codes = ProblemCode.all.filter { $0.status.code == status }
    let first = codes[0]
    let example = [
      "type: \"urn:paylink:problem:\(first.text)\"", "title: \"\(first.title)\"", "status: \(status)", "detail: A sentence for the caller.",
      "code: \(first.text)", "request_id: 01kar9k9r0000001", "retryable: \(first.isRetryable)",
    ].joined(separator: ", ")
    let lines = [
      "    Problem\(status):", "      description: \"\(codes.map { "`\($0.text)`" }.joined(separator: ", "))\"",
      status == 401
        ? "      headers: {WWW-Authenticate: {schema: {type: string}}}"
        : "      headers: {Retry-After: {$ref: \"#/components/headers/RetryAfter\"}}",
      "      content:", "        application/problem+json:",
      "          schema: {$ref: \"#/components/schemas/Problem\"}", "          example: {\(example)}",
    ]
    return lines.joined(separator: "\n")
  }

  static let problemSchemas: String = """
        Problem:
          type: object
          description: Why a request was refused (RFC 9457).
          additionalProperties: false
          required: [type, title, status, detail, code, request_id, retryable]
          properties:
            type: {type: string, pattern: "^urn:paylink:problem:[a-z_]+$"}
            title: {type: string}
            status: {type: integer, minimum: 400, maximum: 599}
            detail: {type: string, description: "A sentence; never a value of the request."}
            code: {type: string, enum: \(words(ProblemCode.all.map(\.text)))}
            request_id: {type: string}
            retryable: {type: boolean, description: Whether the same request may succeed later.}
            errors: {type: array, maxItems: \(Problem.mostFaults), items: {$ref: "#/components/schemas/FieldFault"}}
            link: {type: object, description: The link that stands in the way., additionalProperties: false, required: [id, status], properties: {id: {$ref: "#/components/schemas/LinkID"}, status: {$ref: "#/components/schemas/LinkStatus"}}}
            upstream: {type: object, description: What the acquirer said., additionalProperties: false, required: [code, description], properties: {code: {type: string}, description: {type: string}}}
        FieldFault:
          type: object
          additionalProperties: false
          required: [pointer, code, detail]
          properties:
            pointer: {type: string, description: JSON pointer into the body or the query's members.}
            code: {type: string, enum: \(words(FieldFault.Code.allCases.map(\.rawValue)))}
            detail: {type: string}
    """
}
