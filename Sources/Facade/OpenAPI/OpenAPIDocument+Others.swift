extension OpenAPIDocument {
  static let operatorPaths: String = """
      /v1/orphans:
        get:
          operationId: listOrphans
          tags: [operators]
          summary: Verified callbacks whose payment no link has
          description: Scope `admin`. The acquirer's newest number first.
          parameters:
            - $ref: "#/components/parameters/Limit"
            - {name: cursor, in: query, description: "`next_cursor` of the page before.", schema: {type: string, pattern: "^[0-9]{1,19}$"}}
          responses:
            "200":
              description: A page of them.
              content: {application/json: {schema: {$ref: "#/components/schemas/OrphanList"}}}
    \(problems(400, 401, 403, 422, 503))
      /v1/orphans/{payment_id}/adopt:
        post:
          operationId: adoptOrphan
          tags: [operators]
          summary: Take an orphan into the books
          description: Scope `admin`. Asks the acquirer about the payment first. Done twice it is done once.
          parameters:
            - {name: payment_id, in: path, required: true, schema: {type: integer, format: int64, minimum: 1}}
          requestBody:
            content: {application/json: {schema: {$ref: "#/components/schemas/Adopt"}}}
          responses:
            "200": {$ref: "#/components/responses/ChangedLink"}
    \(problems(400, 401, 403, 404, 409, 413, 415, 422, 503))
      /v1/events/{id}/replay:
        post:
          operationId: replayEvent
          tags: [operators]
          summary: Send an event to the shop again
          description: Scope `admin`. Queued with the same id for every endpoint that wants it; done twice it is sent twice.
          parameters:
            - {name: id, in: path, required: true, schema: {type: string, pattern: "^evt_[0-9a-z]{26}$"}}
          responses:
            "202": {description: The endpoints that it is queued for., content: {application/json: {schema: {type: object}}}}
    \(problems(400, 401, 403, 404, 413, 415, 422, 503))
      /v1/deliveries:
        get:
          operationId: listDeliveries
          tags: [operators]
          summary: Deliveries with every try
          description: Scope `events:read`. Newest event first.
          parameters:
            - $ref: "#/components/parameters/Limit"
            - {name: status, in: query, schema: {type: string, enum: [waiting, delivered, dead]}}
            - {name: endpoint, in: query, schema: {type: string, pattern: "^[a-z0-9-]{1,32}$"}}
            - {name: event, in: query, schema: {type: string, pattern: "^evt_[0-9a-z]{26}$"}}
            - {name: cursor, in: query, description: "`next_cursor` of the page before.", schema: {type: string}}
          responses:
            "200": {description: A page of them., content: {application/json: {schema: {type: object}}}}
    \(problems(400, 401, 403, 422, 503))
      /v1/endpoints:
        get:
          operationId: listEndpoints
          tags: [operators]
          summary: How each endpoint of the shop stands
          description: Scope `events:read`.
          responses:
            "200": {description: All of them., content: {application/json: {schema: {type: object}}}}
    \(problems(400, 401, 403, 422, 503))
      /v1/endpoints/{name}/enable:
        post:
          operationId: enableEndpoint
          tags: [operators]
          summary: Send to an endpoint again
          description: Scope `admin`. For one that said it is gone (410); it also ends a rest.
          parameters:
            - {name: name, in: path, required: true, schema: {type: string, pattern: "^[a-z0-9-]{1,32}$"}}
          responses:
            "200": {description: The endpoint., content: {application/json: {schema: {type: object}}}}
    \(problems(400, 401, 403, 404, 413, 415, 422, 503))
    """

  static let publicPaths: String = """
      /openapi.yaml:
        get:
          operationId: readDescription
          tags: [description]
          summary: This document
          security: []
          responses:
            "200": {description: OpenAPI 3.1 in YAML., content: {application/yaml: {schema: {type: object}}}}
    \(problems())
      /p/{token}:
        get:
          operationId: openShortLink
          tags: [payers]
          summary: To the payment page, or to a page that says the link's state
          description: HEAD answers the same and marks nothing. Nothing is opened by looking.
          security: []
          parameters:
            - $ref: "#/components/parameters/ShortToken"
          responses:
            "302": {description: To the page that can be paid., headers: {Location: {$ref: "#/components/headers/PageAddress"}}}
            "200": {description: "Paid, in review, or a page is over; where a fresh one may be opened, with a button.", content: {text/html: {schema: {type: string}}}}
            "202": {description: The page is being opened., content: {text/html: {schema: {type: string}}}}
            "404": {description: No such link., content: {text/html: {schema: {type: string}}}}
            "410": {description: "Expired, canceled or failed.", content: {text/html: {schema: {type: string}}}}
            "503": {description: Try again., content: {text/html: {schema: {type: string}}}}
    \(problems())
        post:
          operationId: renewShortLink
          tags: [payers]
          summary: Open a fresh page where the last one is over
          description: The button of the state page. Of many who press it at once one opens the page; never two can be paid at once.
          security: []
          parameters:
            - $ref: "#/components/parameters/ShortToken"
          responses:
            "303": {description: To the page that can be paid., headers: {Location: {$ref: "#/components/headers/PageAddress"}}}
            "200": {description: The link's state., content: {text/html: {schema: {type: string}}}}
            "202": {description: The page is being opened., content: {text/html: {schema: {type: string}}}}
            "404": {description: No such link., content: {text/html: {schema: {type: string}}}}
            "410": {description: "Expired, canceled or failed.", content: {text/html: {schema: {type: string}}}}
            "503": {description: Try again., content: {text/html: {schema: {type: string}}}}
    \(problems())
    \(returnPath("success"))
    \(returnPath("failure"))
    \(callbackPath("check", "May this payment be taken?"))
    \(callbackPath("result", "What became of a payment"))
    """

  private static func returnPath(_ side: String) -> String {
    """
      /return/{token}/\(side):
    \(returnOperation("get", side))
    \(returnOperation("post", side))
    """
  }

  /// Never proof of payment, for which it gives no reason to be looked at.
  private static func returnOperation(_ method: String, _ side: String) -> String {
    """
        \(method):
          operationId: \(method)Return\(side.capitalizedFirst)
          tags: [payers]
          summary: A payer comes back (\(side)); never proof of payment
          security: []
          parameters:
            - $ref: "#/components/parameters/ShortToken"
          responses:
            "303": {description: "To the shop's address, with payment_link_id and order_id.", headers: {Location: {$ref: "#/components/headers/PageAddress"}}}
            "200": {description: A plain page where the shop gave no address., content: {text/html: {schema: {type: string}}}}
            "404": {description: No such link., content: {text/html: {schema: {type: string}}}}
            "503": {description: Try again., content: {text/html: {schema: {type: string}}}}
    \(problems())
    """
  }

  private static func callbackPath(_ kind: String, _ summary: String) -> String {
    """
      /callbacks/{merchant}/\(kind):
    \(callbackOperation("get", kind, summary))
    \(callbackOperation("post", kind, summary))
    """
  }

  private static func callbackOperation(_ method: String, _ kind: String, _ summary: String) -> String {
    """
        \(method):
          operationId: \(method)\(kind.capitalizedFirst)
          tags: [acquirer]
          summary: \(summary)
          description: Signed fields, in the query of a GET or the form of a POST. Answered in signed XML.
          security: []
          parameters:
            - {name: merchant, in: path, required: true, schema: {type: string}}
          responses:
            "200": {description: A signed verdict., content: {application/xml: {schema: {}}}}
    \(problems(400, 404, 503, isLimited: false))
    """
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
