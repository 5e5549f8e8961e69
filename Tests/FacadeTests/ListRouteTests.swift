import HTTPTypes
import JSON
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// `GET /v1/payment-links` (design §4.3).
struct ListRouteTests {
  /// A desk with `count` links of `main` a second apart, and one of `other`.
  static func desk(_ count: Int) async throws -> Desk {
    let desk = try Desk()
    for number in 1...count {
      let status = try await desk.create(#"{"order_id":"A\#(number)","amount":100,"description":"x","qr":true}"#, idempotency: "k\(number)")
        .status
      #expect(status == 201)
      desk.clock.advance(by: .seconds(1))
    }
    desk.books.put(try ReadRouteTests.fullLink("other"))
    return desk
  }

  static func orders(_ answer: Answer) -> [String] {
    guard case .list(let items)? = answer.json.at("data") else { return ["?"] }
    return items.compactMap { $0.at("order_id")?.word }
  }

  @Test("Pages follow each other without gap or overlap, newest first and without pictures, whatever the limit of each")
  func pages() async throws {
    let desk = try await Self.desk(7)
    var cursor = ""
    var seen: [String] = []
    for limit in [3, 1, 100] {
      let answer = try await desk.call(.get, "/v1/payment-links?limit=\(limit)\(cursor)")
      #expect(answer.status == 200)
      #expect(answer.json.names == ["data", "has_more", "next_cursor"])
      #expect(answer.json.at("data.0.qr") == nil)
      seen += Self.orders(answer)
      #expect(answer["has_more"] == (seen.count < 7 ? "true" : "false"))
      #expect((answer["next_cursor"] == "null") == (seen.count == 7))
      cursor = "&cursor=\(answer["next_cursor"] ?? "")"
    }
    #expect(seen == ["A7", "A6", "A5", "A4", "A3", "A2", "A1"])
  }

  @Test("Twenty are shown where nobody says how many")
  func usualLimit() async throws {
    let desk = try await Self.desk(21)
    #expect(Self.orders(try await desk.call(.get, "/v1/payment-links")).count == 20)
  }

  @Test("Filters choose, and each key sees its own merchants")
  func filters() async throws {
    let desk = try await Self.desk(3)
    func orders(_ query: String, _ key: String = "sk_shop") async throws -> [String] {
      Self.orders(try await desk.call(.get, "/v1/payment-links?\(query)", key: key))
    }
    #expect(try await orders("order_id=A2") == ["A2"])
    #expect(try await orders("status=active") == ["A3", "A2", "A1"])
    #expect(try await orders("status=review") == [])
    #expect(try await orders("flag=late") == [])
    #expect(try await orders("flag=late&status=review", "sk_both") == ["A1001"])
    #expect(try await orders("created_from=2026-11-23T21:40:01Z") == ["A3", "A2"])
    #expect(try await orders("created_from=2026-11-24T02:40:01%2B05:00&created_to=2026-11-23T21:40:02Z") == ["A2"])
    #expect(try await orders("", "sk_other") == ["A1001"])
    #expect(try await orders("", "sk_nobody") == [])
    #expect(try await orders("limit=1") == ["A3"])
    #expect(try await orders("limit=100").count == 3)
  }

  @Test(
    "Each filter that is not valid is refused with its name",
    arguments: [
      ("limit=0", "/limit out_of_range"), ("limit=101", "/limit out_of_range"), ("limit=ten", "/limit out_of_range"),
      ("limit=%2B5", "/limit out_of_range"), ("limit=", "/limit out_of_range"), ("status=gone", "/status malformed"),
      ("flag=early", "/flag malformed"), ("order_id=a%20b", "/order_id malformed"), ("created_from=yesterday", "/created_from malformed"),
      ("created_to=2026-11-23", "/created_to malformed"), ("cursor=x", "/cursor malformed"), ("page=2", "/page unknown_member"),
      ("client_token=ct_1", "/client_token unknown_member"), ("order_id=4111111111111111", "/order_id card_number"),
    ])
  func invalid(_ query: String, _ fault: String) async throws {
    let answer = try await Desk().call(.get, "/v1/payment-links?\(query)")
    #expect(answer.status == 422)
    #expect(answer.faults == [fault])
    #expect(!answer.text.contains("4111"))
  }

  @Test("All faults of a query are told at once, and a member twice is malformed")
  func several() async throws {
    let answer = try await Desk().call(.get, "/v1/payment-links?limit=0&status=x&more=1")
    #expect(answer.faults.sorted() == ["/limit out_of_range", "/more unknown_member", "/status malformed"])
    #expect(try await Desk().call(.get, "/v1/payment-links?limit=1&limit=2").status == 400)
  }

  @Test("A cursor serves its own filters and merchants only")
  func cursors() async throws {
    let desk = try await Self.desk(3)
    let cursor = try #require(try await desk.call(.get, "/v1/payment-links?limit=1&status=active")["next_cursor"])
    #expect(Self.orders(try await desk.call(.get, "/v1/payment-links?status=active&cursor=\(cursor)")) == ["A2", "A1"])
    #expect(Self.orders(try await desk.call(.get, "/v1/payment-links?status=active&cursor=\(cursor)", key: "sk_reader")) == ["A2", "A1"])
    let others = [
      "", "status=review&", "status=active&order_id=A1&", "status=active&flag=late&", "status=active&created_from=2026-11-23T21:40:00Z&",
    ]
    for other in others {
      let answer = try await desk.call(.get, "/v1/payment-links?\(other)cursor=\(cursor)")
      #expect(answer.status == 422)
      #expect(answer.faults == ["/cursor invalid"])
    }
    #expect(try await desk.call(.get, "/v1/payment-links?status=active&cursor=\(cursor)", key: "sk_both").status == 422)
    #expect(try await desk.call(.get, "/v1/payment-links?status=active&cursor=\(cursor)A").status == 422)
  }

  @Test("A cursor reads back as it was written, in characters that need no escaping")
  func cursorText() throws {
    let query = LinkQuery(merchants: [try MerchantName("main")], status: .active)
    for milliseconds in [0, 1, -1, 1_795_470_000_000, Int64.max, Int64.min] as [Int64] {
      let position = LinkPosition(createdAt: Timestamp(milliseconds: milliseconds), id: try LinkID("pl_01kar9k9r0000000000000000a"))
      let cursor = Cursor(filters: .init(query), position: position)
      #expect(Cursor(cursor.text) == cursor)
      #expect(
        cursor.text.utf8.allSatisfy {
          $0 == 0x2d || $0 == 0x5f || Character(UnicodeScalar($0)).isLetter || Character(UnicodeScalar($0)).isNumber
        })
      for length in 0..<cursor.text.count { #expect(Cursor(String(cursor.text.prefix(length))) == nil) }
    }
    #expect(Cursor(String(repeating: "A", count: 1000)) == nil)
  }

  @Test("A pair of metadata chooses, whole and one at a time, and binds its cursor")
  func metadata() async throws {
    let desk = try Desk()
    for (number, pair) in [#""cart":"7""#, #""cart":"7","to]":"a b""#, #""cart":"77""#, ""].enumerated() {
      let body = #"{"order_id":"A\#(number)","amount":100,"description":"x","metadata":{\#(pair)}}"#
      #expect(try await desk.create(body, idempotency: "k\(number)").status == 201)
      desk.clock.advance(by: .seconds(1))
    }
    func list(_ query: String) async throws -> Answer { try await desk.call(.get, "/v1/payment-links?\(query)") }
    #expect(Self.orders(try await list("metadata%5Bcart%5D=7")) == ["A1", "A0"])
    #expect(Self.orders(try await list("metadata[cart]=77")) == ["A2"])
    #expect(Self.orders(try await list("metadata[cart]=")) == [])
    #expect(Self.orders(try await list("metadata%5Bto%5D%5D=a%20b&status=active")) == ["A1"])
    let first = try await list("metadata[cart]=7&limit=1")
    let cursor = try #require(first["next_cursor"])
    #expect(Self.orders(try await list("metadata[cart]=7&limit=1&cursor=\(cursor)")) == ["A0"])
    #expect(try await list("metadata[cart]=77&cursor=\(cursor)").faults == ["/cursor invalid"])
    #expect(try await list("cursor=\(cursor)").faults == ["/cursor invalid"])
    #expect(try await list("metadata[a]=1&metadata[b]=2").faults == ["/metadata too_many"])
    #expect(try await list("metadata[]=1").faults == ["/metadata[] too_short"])
    #expect(try await list("metadata=1").faults == ["/metadata unknown_member"])
    #expect(try await list("metadata[cart]=1&metadata[cart]=2").status == 400)
    #expect(try await list("metadata[cart]=4400430123456789").faults == ["/metadata[cart] card_number"])
  }
}
