/// The contract of the whole HTTP surface as an OpenAPI 3.1 document in YAML: served at `/openapi.yaml`, printed by `paylink openapi`, held against the running
/// server by tests, and the source of `docs/api.md`.
///
/// It is put together here from the same tables that the code works by: words, bounds and problem codes cannot say one thing and do another. A new route, member
/// or problem is written down in the file of its kind beside this one; a test compares the routes.
package enum OpenAPIDocument {
  package static let text: String = """
    openapi: 3.1.0
    \(info)
    paths:
    \(linkPaths)
    \(moneyPaths)
    \(eventPaths)
    \(deliveryPaths)
    \(operatorPaths)
    \(publicPaths)
    webhooks:
    \(webhooks)
    components:
      securitySchemes:
    \(securitySchemes)
      parameters:
    \(parameters)
      headers:
    \(headers)
      responses:
    \(responses)
      schemas:
    \(requestSchemas)
    \(objectSchemas)
    \(eventSchemas)
    \(deliverySchemas)
    \(problemSchemas)

    """

  private static let info: String = """
    info:
      title: paylink
      version: "1"
      summary: Payment links of Freedom Pay for a shop.
      description: |
        A shop posts an order and gets the address of a hosted payment page. Amounts are whole numbers of minor units, times are RFC 3339 in UTC.
        Members that are not described are refused, with a JSON pointer. A member of a request that is null counts as left out.
        What changes something carries an `Idempotency-Key`: the same key and body is the same thing, however often it is sent.
      license: {name: See the repository, identifier: LicenseRef-repository}
    servers:
      - {url: /, description: This gateway}
    security:
      - key: []
    tags:
      - {name: links, description: Orders that a payer can pay on a hosted page}
      - {name: money, description: "Holds captured or given back, refunds, money that a person accepts"}
      - {name: events, description: "What happened, in order"}
      - {name: operators, description: What needs a person}
      - {name: payers, description: "Addresses that payers open, without credentials"}
      - {name: acquirer, description: "Calls of Freedom Pay, which are signed"}
      - {name: description, description: This document}
    """

  private static let securitySchemes: String = """
        key:
          type: http
          scheme: bearer
          description: "`Authorization: Bearer sk_…`, for a shop's back end; each key has its scopes and merchants. A publishable key, `pk_…`, only makes links from signed orders; a link's client token, `ct_…`, only reads its link."
        clientToken:
          type: apiKey
          in: query
          name: client_token
          description: >-
            `ct_…` of one link, for a page in a browser: reads that link, its events and pictures, without metadata, refunds, card and flags.
    """
}

// MARK: - Pieces

extension OpenAPIDocument {
  /// A list in one line: `[active, completed]`.
  static func words(_ words: some Sequence<String>) -> String { "[\(words.joined(separator: ", "))]" }

  /// The refusals of an operation by status, each a shared answer; `default` stands for what any request may be answered.
  /// - Parameter isLimited: whether the rates of keys and addresses hold for it.
  static func problems(_ statuses: Int..., isLimited: Bool = true) -> String {
    let lines =
      (statuses + (isLimited ? [429] : [])).sorted().map { "\"\($0)\": {$ref: \"#/components/responses/Problem\($0)\"}" } + [
        "default: {$ref: \"#/components/responses/Problem\"}"
      ]
    return lines.map { "        \($0)" }.joined(separator: "\n")
  }

  /// An object of exactly these members.
  /// - Parameters:
  ///   - members: name, and schema in one line.
  ///   - optional: what may be left out.
  static func object(
    _ name: String, _ description: String, _ members: [(name: String, schema: String)], optional: Set<String> = []
  ) -> String {
    let required = members.map(\.name).filter { !optional.contains($0) }
    let lines =
      ["    \(name):", "      type: object", "      description: \(description)", "      additionalProperties: false"]
      + (required.isEmpty ? [] : ["      required: \(words(required))"]) + ["      properties:"]
      + members.map { "        \($0.name): \($0.schema)" }
    return lines.joined(separator: "\n")
  }

  /// Of many members those that are not left out.
  static func members(_ all: [(name: String, schema: String)], without left: Set<String>) -> [(name: String, schema: String)] {
    all.filter { !left.contains($0.name) }
  }
}
