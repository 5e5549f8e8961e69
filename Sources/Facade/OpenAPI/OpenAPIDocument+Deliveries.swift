import Payments

extension OpenAPIDocument {
  static let deliveryPaths: String = """
      /v1/events/{id}/replay:
        post:
          operationId: replayEvent
          tags: [events]
          summary: Send an event to the shop again
          description: Scope `admin`. Queued anew, with the same id, for every endpoint that wants it.
          parameters:
            - {name: id, in: path, required: true, schema: {$ref: "#/components/schemas/EventID"}}
          requestBody: {$ref: "#/components/requestBodies/Nothing"}
          responses:
            "202":
              description: It is queued.
              content: {application/json: {schema: {$ref: "#/components/schemas/Replay"}}}
    \(problems(400, 401, 403, 404, 413, 415, 422, 503))
      /v1/deliveries:
        get:
          operationId: listDeliveries
          tags: [events]
          summary: Events on their way to the shop, newest first, with every try
          description: Scope `events:read`.
          parameters:
            - {name: status, in: query, schema: {$ref: "#/components/schemas/DeliveryStatus"}}
            - {name: endpoint, in: query, schema: {$ref: "#/components/schemas/EndpointName"}}
            - {name: event, in: query, schema: {$ref: "#/components/schemas/EventID"}}
            - $ref: "#/components/parameters/Limit"
            - $ref: "#/components/parameters/Cursor"
          responses:
            "200":
              description: A page of them.
              content: {application/json: {schema: {$ref: "#/components/schemas/DeliveryList"}}}
    \(problems(400, 401, 403, 422, 503))
      /v1/endpoints:
        get:
          operationId: listEndpoints
          tags: [events]
          summary: How the shop's endpoints stand
          description: Scope `events:read`. Those that are told of any of the key's merchants.
          responses:
            "200":
              description: All of them.
              content: {application/json: {schema: {$ref: "#/components/schemas/EndpointList"}}}
    \(problems(400, 401, 403, 422, 503))
      /v1/endpoints/{name}/enable:
        post:
          operationId: enableEndpoint
          tags: [events]
          summary: Send to an endpoint again that said it is gone, or end its rest
          description: Scope `admin`.
          parameters:
            - {name: name, in: path, required: true, schema: {$ref: "#/components/schemas/EndpointName"}}
          requestBody: {$ref: "#/components/requestBodies/Nothing"}
          responses:
            "200":
              description: The endpoint as it stands now.
              content: {application/json: {schema: {$ref: "#/components/schemas/Endpoint"}}}
    \(problems(400, 401, 403, 404, 413, 415, 422, 503))
    """

  static let deliverySchemas: String = """
        EndpointName: {type: string, pattern: "^[a-z0-9-]{1,32}$", description: As the settings call it.}
        DeliveryStatus: {type: string, enum: \(words(Delivery.Status.allCases.map(\.rawValue))), description: Dead is given up; only a replay sends it again.}
    \(object("Replay", "What a replay queued.", [("event", event), ("endpoints", "{type: array, items: {$ref: \"#/components/schemas/EndpointName\"}}")]))
    \(object("Delivery", "An event on its way to one endpoint.", delivery))
    \(object("DeliveryAttempt", "One try.", attempt))
    \(object("DeliveryList", "A page of deliveries.", page(of: "Delivery")))
    \(object("Endpoint", "How an endpoint stands. Its address is the operator's.", endpoint))
    \(object("EndpointList", "All endpoints.", [("data", "{type: array, items: {$ref: \"#/components/schemas/Endpoint\"}}")]))
    """

  private static let event = "{$ref: \"#/components/schemas/EventID\"}"
  private static let time = "{type: [string, \"null\"], format: date-time}"

  private static let delivery: [(name: String, schema: String)] = [
    ("event", event), ("type", "{$ref: \"#/components/schemas/EventType\"}"), ("endpoint", "{$ref: \"#/components/schemas/EndpointName\"}"),
    ("status", "{$ref: \"#/components/schemas/DeliveryStatus\"}"),
    ("tries", "{type: integer, minimum: 0, description: \"Since it was queued, or queued again.\"}"), ("next_at", time),
    ("attempts", "{type: array, items: {$ref: \"#/components/schemas/DeliveryAttempt\"}}"),
  ]

  private static let attempt: [(name: String, schema: String)] = [
    ("at", "{type: string, format: date-time}"), ("duration_ms", "{type: integer, minimum: 0}"),
    ("http_status", "{type: [integer, \"null\"]}"), ("failure", "{type: [string, \"null\"]}"),
  ]

  private static let endpoint: [(name: String, schema: String)] = [
    ("name", "{$ref: \"#/components/schemas/EndpointName\"}"), ("status", "{type: string, enum: [ok, failing, disabled]}"),
    ("disabled_at", time), ("rests_until", time), ("waiting", "{type: integer, minimum: 0}"), ("dead", "{type: integer, minimum: 0}"),
  ]
}
