import HTTPTypes
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// Who may do what (design §4.3): every route with every kind of credential.
struct AccessTests {
  /// What each key's scopes open, by route; 200 and 201 stand for "let in".
  static let rows: [(key: String?, create: Int, list: Int, read: Int, cancel: Int, accept: Int, picture: Int)] = [
    ("sk_shop", 201, 200, 200, 200, 409, 200), ("sk_reader", 403, 200, 200, 403, 403, 200), ("sk_writer", 201, 403, 403, 200, 403, 403),
    ("sk_refunds", 403, 403, 403, 403, 409, 403), ("sk_nothing", 403, 403, 403, 403, 403, 403), ("pk_front", 403, 403, 403, 403, 403, 403),
    ("sk_other", 201, 200, 404, 404, 404, 404), ("sk_nobody", 422, 200, 404, 404, 404, 404), (nil, 401, 401, 401, 401, 401, 401),
    ("sk_unknown", 401, 401, 401, 401, 401, 401), ("sk_crossed", 401, 401, 401, 401, 401, 401), ("", 401, 401, 401, 401, 401, 401),
    ("ct_", 401, 401, 401, 401, 401, 401), ("ct_00000000000000000000000000", 403, 403, 401, 403, 403, 401),
    ("SK_SHOP", 401, 401, 401, 401, 401, 401), ("sk_shop more", 401, 401, 401, 401, 401, 401),
    (String(repeating: "s", count: 300), 401, 401, 401, 401, 401, 401),
  ]

  @Test("Each route lets in exactly the keys whose scope and merchant it asks for", arguments: rows.indices)
  func matrix(_ row: Int) async throws {
    let row = Self.rows[row]
    let desk = try Desk()
    let id = try #require(try await desk.create(idempotency: "first")["id"])
    let body = #"{"order_id":"B2","amount":100,"description":"x"}"#
    #expect(try await desk.call(.get, "/v1/payment-links", key: row.key).status == row.list)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)", key: row.key).status == row.read)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)/qr.svg", key: row.key).status == row.picture)
    #expect(try await desk.call(.post, "/v1/payment-links/\(id)/accept", key: row.key).status == row.accept)
    let create = try await desk.call(.post, "/v1/payment-links", key: row.key, fields: [.idempotencyKey: "k"], body: body)
    #expect(create.status == row.create)
    #expect(try await desk.call(.post, "/v1/payment-links/\(id)/cancel", key: row.key, fields: [.idempotencyKey: "c"]).status == row.cancel)
  }

  @Test("A refusal carries its challenge")
  func challenges() async throws {
    let desk = try Desk()
    let nobody = try await desk.call(.get, "/v1/payment-links", key: nil)
    #expect(nobody.status == 401)
    #expect(nobody.fields[.wwwAuthenticate] == "Bearer realm=\"paylink\"")
    #expect(nobody["code"] == "unauthorized")
    let wrong = try await desk.call(.get, "/v1/payment-links", key: "sk_wrong")
    #expect(wrong.fields[.wwwAuthenticate] == "Bearer realm=\"paylink\", error=\"invalid_token\"")
    let narrow = try await desk.call(.get, "/v1/payment-links", key: "sk_writer")
    #expect(narrow.fields[.wwwAuthenticate] == "Bearer realm=\"paylink\", error=\"insufficient_scope\", scope=\"links:read\"")
    #expect(narrow["code"] == "insufficient_scope")
    let front = try await desk.create(key: "pk_front")
    #expect(front.status == 403)
    #expect(front["detail"]?.contains("signed orders") == true)
    #expect(desk.acquirer.requests.isEmpty)
  }

  @Test("A key is good until its last moment, and not at its end")
  func expiry() async throws {
    let desk = try Desk()
    desk.clock.advance(by: .milliseconds(59_999))
    #expect(try await desk.call(.get, "/v1/payment-links", key: "sk_ending").status == 200)
    desk.clock.advance(by: .milliseconds(1))
    #expect(try await desk.call(.get, "/v1/payment-links", key: "sk_ending").status == 401)
  }

  @Test("Only one Bearer credential is taken")
  func schemes() async throws {
    let desk = try Desk()
    func status(_ fields: HTTPFields) async throws -> Int {
      try await desk.call(.get, "/v1/payment-links", key: nil, fields: fields).status
    }
    #expect(try await status([.authorization: "bearer sk_shop"]) == 200)
    #expect(try await status([.authorization: "Basic c2tfc2hvcDo="]) == 401)
    #expect(try await status([.authorization: "sk_shop"]) == 401)
    #expect(try await status([.authorization: "Bearer"]) == 401)
    var twice: HTTPFields = [.authorization: "Bearer sk_shop"]
    twice.append(HTTPField(name: .authorization, value: "Bearer sk_shop"))
    #expect(try await status(twice) == 400)
  }

  @Test("The client token reads its own link, in the header or the query, and nothing else")
  func clientTokens() async throws {
    let desk = try Desk()
    let link = try await desk.create()
    let id = try #require(link["id"])
    let token = try #require(link["client_token"])
    let second = try await desk.create(#"{"order_id":"B2","amount":100,"description":"x"}"#, idempotency: "k2")
    let other = try #require(second["id"])
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)", key: token).status == 200)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)?client_token=\(token)", key: nil).status == 200)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)/qr.png?client_token=\(token)", key: nil).status == 200)
    #expect(try await desk.call(.get, "/v1/payment-links/\(other)", key: token).status == 404)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)?client_token=\(token.dropFirst(3))", key: nil).status == 401)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)?client_token=sk_shop", key: nil).status == 401)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)?client_token=\(token)&client_token=\(token)", key: nil).status == 400)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)?client_token=\(token)", key: "sk_shop").status == 400)
    #expect(try await desk.call(.get, "/v1/payment-links?client_token=\(token)", key: nil).status == 401)
    #expect(try await desk.call(.get, "/v1/payment-links", key: token).status == 403)
    #expect(try await desk.call(.post, "/v1/payment-links/\(id)/cancel?client_token=\(token)", key: nil).status == 401)
    #expect(try await desk.create(key: token).status == 403)
    let stored = try #require(desk.books.allLinks.first { $0.id.text == id })
    for word in [stored.tokens.short.text, stored.tokens.return.text] {
      #expect(try await desk.call(.get, "/v1/payment-links/\(id)", key: "ct_\(word)").status == 401)
    }
  }

  @Test("A key's digest is 64 hex digits, and the key is found by it")
  func digests() throws {
    #expect(KeyDigest(of: "abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let upper = try KeyDigest(hex: "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")
    #expect(upper == KeyDigest(of: "abc"))
    for wrong in ["", "ba78", String(repeating: "g", count: 64), String(repeating: "a", count: 63), String(repeating: "a", count: 65)] {
      #expect(throws: InvalidValue.self) { _ = try KeyDigest(hex: wrong) }
    }
  }
}
