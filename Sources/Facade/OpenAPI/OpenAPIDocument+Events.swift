import Payments

extension OpenAPIDocument {
  static let eventPaths: String = """
      /v1/payment-links/{id}/events:
        get:
          operationId: followPaymentLink
          tags: [events]
          summary: A link's history, or its events as they happen
          description: >-
            Scope `links:read`, or the link's client token, which sees no flags, anomalies and refunds. With `Accept: text/event-stream` the answer does not end: server-sent
            events, `id` the sequence, `data` an event in one line, a comment every 15 s. It begins after `Last-Event-ID`, or with the whole history, and ends when
            the gateway goes down; browsers come back by themselves.
          security: [{key: []}, {clientToken: []}]
          parameters:
            - $ref: "#/components/parameters/LinkID"
            - name: Last-Event-ID
              in: header
              description: The `id` of the last event that was seen. For streams.
              schema: {type: string, pattern: "^[0-9]*$"}
          responses:
            "200":
              description: What happened, oldest first.
              content:
                application/json: {schema: {$ref: "#/components/schemas/EventHistory"}}
                text/event-stream:
                  schema: {type: string}
                  example: |
                    retry: 3000

                    id: 2
                    data: {"data":{"link":{}},"id":"evt_01kar9k9r0000000000000000b","sequence":2,"timestamp":"2026-11-23T18:00:01Z","type":"payment_link.active"}
    \(problems(400, 401, 403, 404, 422, 503))
      /v1/events:
        get:
          operationId: listEvents
          tags: [events]
          summary: All events of the key's merchants, in one order that never changes
          description: Scope `events:read`. Oldest first. `next_cursor` is there at the end too, where there was any event.
          parameters:
            - {name: created_from, in: query, schema: {type: string, format: date-time}}
            - $ref: "#/components/parameters/Limit"
            - $ref: "#/components/parameters/Cursor"
          responses:
            "200":
              description: A page of the feed.
              content: {application/json: {schema: {$ref: "#/components/schemas/EventPage"}}}
    \(problems(400, 401, 403, 422, 503))
    """

  static let webhooks: String = """
      event:
        post:
          operationId: deliverEvent
          tags: [events]
          summary: An event, sent to the shop's own address
          description: >-
            Standard Webhooks: signed over `webhook-id.webhook-timestamp.body` with HMAC-SHA256. Sent at least once, always with the same id; any 2xx ends it.
          security: []
          parameters:
            - {name: webhook-id, in: header, required: true, schema: {$ref: "#/components/schemas/EventID"}}
            - {name: webhook-timestamp, in: header, required: true, schema: {type: string, pattern: "^[0-9]+$"}}
            - {name: webhook-signature, in: header, required: true, schema: {type: string, pattern: "^v1,"}}
          requestBody:
            required: true
            content: {application/json: {schema: {$ref: "#/components/schemas/Event"}}}
          responses:
            "2XX": {description: It has arrived.}
    """

  static let eventSchemas: String = """
        EventID: {type: string, pattern: "^evt_[0-9a-z]{26}$", description: "The same in feed, stream and delivery."}
        EventType: {type: string, enum: \(words(Event.Kind.allCases.map(\.rawValue)))}
    \(object("Event", "What happened, with the link as it stood after it.", event("EventLink", ", orphan: {$ref: \"#/components/schemas/Orphan\"}")))
    \(object("ClientEvent", "What the holder of a client token sees of it.", event("ClientEventLink")))
        EventHistory:
          oneOf:
            - type: object
              additionalProperties: false
              required: [data]
              properties: {data: {type: array, items: {$ref: "#/components/schemas/Event"}}}
            - type: object
              additionalProperties: false
              required: [data]
              properties: {data: {type: array, minItems: 1, items: {$ref: "#/components/schemas/ClientEvent"}}}
    \(object("EventPage", "A page of the feed.", page(of: "Event")))
    """

  /// - Parameter orphan: a further member of the data, with its comma.
  private static func event(_ link: String, _ orphan: String = "") -> [(name: String, schema: String)] {
    [
      ("id", "{$ref: \"#/components/schemas/EventID\"}"), ("type", "{$ref: \"#/components/schemas/EventType\"}"),
      ("timestamp", "{type: string, format: date-time}"),
      ("sequence", "{type: integer, minimum: 0, description: Grows with every change of the link; 0 where there is no link.}"),
      (
        "data",
        "{type: object, additionalProperties: false, required: [link], properties: "
          + "{link: {oneOf: [{$ref: \"#/components/schemas/\(link)\"}, {type: \"null\"}]}\(orphan)}}"
      ),
    ]
  }

  static func page(of item: String) -> [(name: String, schema: String)] {
    [
      ("data", "{type: array, items: {$ref: \"#/components/schemas/\(item)\"}}"), ("has_more", "{type: boolean}"),
      ("next_cursor", "{type: [string, \"null\"]}"),
    ]
  }
}
