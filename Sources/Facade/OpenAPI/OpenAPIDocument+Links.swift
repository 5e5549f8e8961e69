extension OpenAPIDocument {
  static let linkPaths: String = """
      /v1/payment-links:
        post:
          operationId: createPaymentLink
          tags: [links]
          summary: Make a link
          description: >-
            Scope `links:write`, or a publishable key with an order that the shop's back end signed. Stored before anything is sent. 202 means that nobody knows yet whether the page was opened: the link is `creating`, and the gateway
            finds out by itself.
          parameters:
            - $ref: "#/components/parameters/IdempotencyKeyOfSecretKey"
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  oneOf: [{$ref: "#/components/schemas/CreatePaymentLink"}, {$ref: "#/components/schemas/SignedOrder"}]
                examples:
                  price:
                    summary: A price
                    value: {order_id: A1001, amount: 15000000, currency: UZS, description: Order A1001, success_url: "https://shop.example/thanks"}
                  range:
                    summary: The payer chooses
                    value: {order_id: A1002, amount_range: {min: 1000000, max: 50000000}, description: A gift, expires_in: 7776000}
          responses:
            "201":
              description: The link with its page.
              headers:
                Location: {$ref: "#/components/headers/Location"}
              content: {application/json: {schema: \(made), example: \(exampleLink)}}
            "200":
              description: The same request came before; the link as it stands now.
              headers:
                Idempotency-Replayed: {$ref: "#/components/headers/IdempotencyReplayed"}
              content: {application/json: {schema: \(made)}}
            "202":
              description: Stored; what became of the page is not known yet. Also a replay of such a create.
              headers:
                Location: {$ref: "#/components/headers/Location"}
                Idempotency-Replayed: {$ref: "#/components/headers/IdempotencyReplayed"}
              content: {application/json: {schema: \(made)}}
    \(problems(400, 401, 403, 409, 413, 415, 422, 502, 503))
        get:
          operationId: listPaymentLinks
          tags: [links]
          summary: List links, newest first
          description: Scope `links:read`. Confined to the key's merchants. The other parameters must stay the same from page to page.
          parameters:
            - {name: order_id, in: query, schema: {$ref: "#/components/schemas/OrderID"}}
            - {name: status, in: query, schema: {$ref: "#/components/schemas/LinkStatus"}}
            - {name: flag, in: query, description: Links with a payment that carries it., schema: {$ref: "#/components/schemas/Flag"}}
            - name: metadata
              in: query
              description: "One pair of metadata, as `metadata[key]=value`."
              style: deepObject
              explode: true
              schema: {type: object, maxProperties: 1, propertyNames: {minLength: 1, maxLength: 40}, additionalProperties: {type: string, maxLength: 500}}
            - {name: created_from, in: query, schema: {type: string, format: date-time}}
            - {name: created_to, in: query, description: Exclusive., schema: {type: string, format: date-time}}
            - $ref: "#/components/parameters/Limit"
            - $ref: "#/components/parameters/Cursor"
          responses:
            "200":
              description: A page of the list.
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/PaymentLinkList"}
                  example: {data: [], has_more: false, next_cursor: null}
    \(problems(400, 401, 403, 422, 503))
      /v1/payment-links/{id}:
        get:
          operationId: readPaymentLink
          tags: [links]
          summary: Read a link, or wait for its next change
          description: >-
            Scope `links:read`, or the link's client token. With `wait` the answer comes as soon as `sequence` is above `since`, or when the wait is over, with the link
            as it is. Where too many readers wait, 503.
          security: [{key: []}, {clientToken: []}]
          parameters:
            - $ref: "#/components/parameters/LinkID"
            - name: wait
              in: query
              description: "How long to wait: a whole number with `s`, `ms` or `m`, at most \(WaitQuery.longest.components.seconds)s."
              schema: {type: string, pattern: "^[0-9]{1,6}(ms|s|m)$"}
              example: 30s
            - name: since
              in: query
              description: Only with `wait`. Left out it is the sequence when the request comes.
              schema: {type: integer, minimum: 0}
          responses:
            "200":
              description: The link, as a key or a client token sees it.
              content:
                application/json:
                  schema:
                    oneOf: [{$ref: "#/components/schemas/PaymentLink"}, {$ref: "#/components/schemas/ClientPaymentLink"}]
                  example: \(exampleLink)
    \(problems(400, 401, 403, 404, 422, 503))
      /v1/payment-links/{id}/qr.svg:
        get:
          operationId: readPictureSVG
          tags: [links]
          summary: The short address as a QR code, SVG
          security: [{key: []}, {clientToken: []}]
          parameters:
            - $ref: "#/components/parameters/LinkID"
          responses:
            "200": {description: The picture., content: {image/svg+xml: {schema: {type: string}}}}
    \(problems(400, 401, 403, 404, 422, 503))
      /v1/payment-links/{id}/qr.png:
        get:
          operationId: readPicturePNG
          tags: [links]
          summary: The short address as a QR code, PNG
          security: [{key: []}, {clientToken: []}]
          parameters:
            - $ref: "#/components/parameters/LinkID"
          responses:
            "200": {description: The picture., content: {image/png: {schema: {type: string, contentMediaType: image/png}}}}
    \(problems(400, 401, 403, 404, 422, 503))
    """

  static let parameters: String = """
        LinkID: {name: id, in: path, required: true, description: The link., schema: {$ref: "#/components/schemas/LinkID"}}
        IdempotencyKey:
          name: Idempotency-Key
          in: header
          required: true
          description: Unique per API key and kept 8 days. A replay is answered with the object as it stands now, or the stored refusal.
          schema: {type: string, minLength: 1, maxLength: \(IdempotencyKey.longest), pattern: "^[!-~]+$"}
          example: order-A1001
        IdempotencyKeyOfSecretKey:
          name: Idempotency-Key
          in: header
          description: Required with a secret key. A signed order has its own, the claim `jti`.
          schema: {type: string, minLength: 1, maxLength: \(IdempotencyKey.longest), pattern: "^[!-~]+$"}
          example: order-A1001
        Limit:
          name: limit
          in: query
          schema: {type: integer, minimum: \(ListQuery.limits.lowerBound), maximum: \(ListQuery.limits.upperBound), default: \(ListQuery.usualLimit)}
        Cursor: {name: cursor, in: query, description: "`next_cursor` of the page before.", schema: {type: string, maxLength: 512}}
        ShortToken: {name: token, in: path, required: true, schema: {type: string}}
    """

  static let headers: String = """
        Location: {description: The link's address in this API., schema: {type: string, format: uri-reference}}
        IdempotencyReplayed: {description: "`true` where the same request came before.", schema: {type: string, enum: ["true"]}}
        RetryAfter: {description: Seconds to wait., schema: {type: string, pattern: "^[0-9]+$"}}
        PageAddress: {description: Where the payer goes on., schema: {type: string, format: uri}}
    """

  /// What a create is answered with: a browser that made the link sees less of it.
  private static let made =
    "{oneOf: [{$ref: \"#/components/schemas/PaymentLink\"}, {$ref: \"#/components/schemas/BrowserPaymentLink\"}]}"

  /// The link of README's first order.
  static let exampleLink: String = """
    {id: pl_01kar9k9r0000000000000000a, object: payment_link, status: active, sequence: 2, test: false, merchant: main, order_id: A1001, \
    amount: 15000000, currency: UZS, amount_range: null, description: Order A1001, url: "https://customer.freedompay.uz/pay.html?customer=0a1b", \
    short_url: "https://pay.example.uz/p/00000000000000000000000002", qr: null, client_token: ct_00000000000000000000000001, \
    expires_at: "2026-11-24T18:00:00Z", created_at: "2026-11-23T18:00:00Z", metadata: {}, payment: null, payments: [], refunds: []}
    """
}
