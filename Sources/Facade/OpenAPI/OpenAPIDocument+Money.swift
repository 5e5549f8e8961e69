extension OpenAPIDocument {
  static let moneyPaths: String = """
      /v1/payment-links/{id}/cancel:
        post:
          operationId: cancelPaymentLink
          tags: [money]
          summary: Stop offering a link, or give its hold back
          description: >-
            Scope `links:write`. The acquirer's page stays open: a check for it is refused, and money that comes is late money.
          parameters:
            - $ref: "#/components/parameters/LinkID"
            - $ref: "#/components/parameters/IdempotencyKey"
          requestBody: {$ref: "#/components/requestBodies/Nothing"}
          responses:
            "200": {$ref: "#/components/responses/ChangedLink"}
            "202": {$ref: "#/components/responses/PendingLink"}
    \(problems(400, 401, 403, 404, 409, 413, 415, 422, 503))
      /v1/payment-links/{id}/capture:
        post:
          operationId: capturePaymentLink
          tags: [money]
          summary: Capture a hold, whole or in part
          description: Scope `refunds:write`. Sent at most once, ever. 202 while nobody knows its end.
          parameters:
            - $ref: "#/components/parameters/LinkID"
            - $ref: "#/components/parameters/IdempotencyKey"
          requestBody:
            content:
              application/json:
                schema: {$ref: "#/components/schemas/Capture"}
                example: {amount: 10000000}
          responses:
            "200": {$ref: "#/components/responses/ChangedLink"}
            "202": {$ref: "#/components/responses/PendingLink"}
    \(problems(400, 401, 403, 404, 409, 413, 415, 422, 503))
      /v1/payment-links/{id}/refunds:
        post:
          operationId: createRefund
          tags: [money]
          summary: Give money back, more than once
          description: Scope `refunds:write`. No amount means all that is left, no payment the one that counts. Sent at most once, ever.
          parameters:
            - $ref: "#/components/parameters/LinkID"
            - $ref: "#/components/parameters/IdempotencyKey"
          requestBody:
            content:
              application/json:
                schema: {$ref: "#/components/schemas/CreateRefund"}
                example: {amount: 5000000, reason: One of three was broken}
          responses:
            "201":
              description: The refund with its end.
              content: {application/json: {schema: {$ref: "#/components/schemas/Refund"}}}
            "200":
              description: The same request came before; the refund as it stands now.
              headers:
                Idempotency-Replayed: {$ref: "#/components/headers/IdempotencyReplayed"}
              content: {application/json: {schema: {$ref: "#/components/schemas/Refund"}}}
            "202":
              description: Its end is not known yet.
              headers:
                Idempotency-Replayed: {$ref: "#/components/headers/IdempotencyReplayed"}
              content: {application/json: {schema: {$ref: "#/components/schemas/Refund"}}}
    \(problems(400, 401, 403, 404, 409, 413, 415, 422, 503))
        get:
          operationId: listRefunds
          tags: [money]
          summary: A link's refunds, newest first
          description: Scope `links:read`.
          parameters:
            - $ref: "#/components/parameters/LinkID"
          responses:
            "200":
              description: All of them.
              content: {application/json: {schema: {$ref: "#/components/schemas/RefundList"}}}
    \(problems(400, 401, 403, 404, 422, 503))
      /v1/payment-links/{id}/accept:
        post:
          operationId: acceptPayment
          tags: [money]
          summary: A person accepts the money of a link in review
          description: Scope `refunds:write`. Done twice it is done once.
          parameters:
            - $ref: "#/components/parameters/LinkID"
          requestBody: {$ref: "#/components/requestBodies/Nothing"}
          responses:
            "200": {$ref: "#/components/responses/ChangedLink"}
    \(problems(400, 401, 403, 404, 409, 413, 415, 422, 503))
      /v1/payment-links/{id}/sync:
        post:
          operationId: syncPaymentLink
          tags: [money]
          summary: Ask the acquirer now
          description: Scope `links:write`. The link as it stands after the answer.
          parameters:
            - $ref: "#/components/parameters/LinkID"
          requestBody: {$ref: "#/components/requestBodies/Nothing"}
          responses:
            "200": {$ref: "#/components/responses/ChangedLink"}
    \(problems(400, 401, 403, 404, 413, 415, 422, 503))
    """
}
