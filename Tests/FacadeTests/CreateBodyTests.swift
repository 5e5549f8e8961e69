import JSON
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// Every member of the create body on both sides of its bounds (design §4.4).
struct CreateBodyTests {
  struct Case: CustomTestStringConvertible, Sendable {
    /// Members put into, or instead of those of, a body that is right.
    var members: String
    /// `pointer code`, in any order; empty where the body is right.
    var faults: [String]
    var testDescription: String { members.count > 60 ? "\(members.prefix(60))…" : members }

    static func right(_ members: String...) -> [Case] { members.map { Case(members: $0, faults: []) } }
    static func wrong(_ pairs: KeyValuePairs<String, String>) -> [Case] { pairs.map { Case(members: $0.key, faults: [$0.value]) } }
  }

  static func text(_ length: Int, _ character: String = "a") -> String { String(repeating: character, count: length) }
  static func list(_ count: Int, _ item: String) -> String { "[" + Array(repeating: item, count: count).joined(separator: ",") + "]" }
  static func pairs(_ count: Int) -> String { "{" + (0..<count).map { "\"k\($0)\":\"v\"" }.joined(separator: ",") + "}" }
  static let position = #"{"name":"Tea","quantity":1,"price":100}"#

  static let right: [Case] = Case.right(
    #""order_id":"A""#, #""order_id":"\#(text(50))""#, #""order_id":"a-Z_9""#,
    #""amount":1"#, #""amount":9999999900"#, #""currency":"KZT""#, #""currency":null"#,
    #""description":"x""#, #""description":"\#(text(1024, "ў"))""#, #""description":"line\nline\ttab""#,
    #""amount":null,"amount_range":{"min":100,"max":100}"#, #""amount":150,"amount_range":{"min":100,"max":9999999900}"#,
    #""amount":100,"amount_range":{"min":100,"max":200}"#, #""amount":200,"amount_range":{"min":100,"max":200}"#,
    #""currency":"KRW","amount":1,"amount_range":{"min":1,"max":3}"#,
    #""expires_in":300"#, #""expires_in":7776000"#, #""language":"uz""#, #""language":"kk""#,
    #""payment_method":"bankcard""#, #""payment_method":"a_1""#, #""payment_method":"\#(text(50))""#,
    #""capture":"automatic""#, #""capture":"manual""#, #""customer":{}"#, #""customer":{"id":"\#(text(50))"}"#,
    #""customer":{"phone":"+998901234567","email":"a.b+c@shop.example.uz","ip":"192.0.2.1"}"#, #""customer":{"phone":"+1234567"}"#,
    #""customer":{"phone":"+123456789012345"}"#, #""customer":{"ip":"2001:db8::1"}"#, #""customer":{"ip":"::ffff:192.0.2.1"}"#,
    #""success_url":"https://shop.example/ok?a=b#c","failure_url":"https://shop.example:8443/","back_url":"HTTPS://SHOP.example""#,
    #""success_url":"https://s.example:65535/%D0%b0?a=%20#%7e""#,
    #""success_url":"http://localhost:3000/x","failure_url":"http://127.0.0.1/","back_url":"http://[::1]:9/x""#,
    #""success_url":"https://s.example/\#(text(237))""#, #""qr":true,"test":false"#, #""metadata":{}"#, #""metadata":\#(pairs(20))"#,
    #""metadata":{"\#(text(40))":"\#(text(500))","e":""}"#, #""params":[]"#, #""params":["a","","\#(text(255))"]"#,
    #""loyalty":{"id":"777","amount":"12.50"}"#, #""loyalty":{"id":"777"}"#, #""loyalty":{"id":"7","amount":"999999999.99"}"#,
    #""freedom_id":"\#(text(255))""#, #""receipt":[]"#, #""receipt":\#(list(100, position))"#,
    #""receipt":[{"name":"\#(text(255))","quantity":1000000,"price":9999999900,"tax":0}]"#,
    #""receipt":[{"name":"T","quantity":1,"price":1,"tax":"12","UnitCode":796,"GTIN":"0123","mark_list":["a","b"]}]"#,
    #""merchant":"main""#, #""merchant":null"#, #""qr":null,"customer":null,"metadata":null,"receipt":null"#)

  static let wrong: [Case] = Case.wrong([
    #""order_id":null"#: "/order_id required", #""order_id":"""#: "/order_id malformed",
    #""order_id":"\#(text(51))""#: "/order_id malformed",
    #""order_id":"a b""#: "/order_id malformed", #""order_id":"ä""#: "/order_id malformed", #""order_id":7"#: "/order_id wrong_type",
    #""amount":null"#: "/amount required", #""amount":0"#: "/amount out_of_range", #""amount":-1"#: "/amount out_of_range",
    #""amount":9999999901"#: "/amount out_of_range", #""amount":99999999999999999999"#: "/amount out_of_range",
    #""amount":1e3"#: "/amount wrong_type", #""amount":1.0"#: "/amount wrong_type", #""amount":1.5"#: "/amount wrong_type",
    #""amount":"100""#: "/amount wrong_type", #""amount":-0"#: "/amount wrong_type", #""amount":true"#: "/amount wrong_type",
    #""currency":"XXX""#: "/currency malformed", #""currency":"uzs""#: "/currency malformed", #""currency":860"#: "/currency wrong_type",
    #""description":null"#: "/description required", #""description":"""#: "/description too_short",
    #""description":"\#(text(1025))""#: "/description too_long", #""description":"a\u0001b""#: "/description malformed",
    #""description":["x"]"#: "/description wrong_type",
    #""amount_range":7"#: "/amount_range wrong_type", #""amount_range":{"min":100}"#: "/amount_range/max required",
    #""amount_range":{"max":100}"#: "/amount_range/min required",
    #""amount":null,"amount_range":{"min":100,"max":200,"x":1}"#: "/amount_range/x unknown_member",
    #""amount":100,"amount_range":{"min":150,"max":200}"#: "/amount_range/min malformed",
    #""amount":100,"amount_range":{"min":100,"max":250}"#: "/amount_range/max malformed",
    #""amount_range":{"min":200,"max":100}"#: "/amount_range/max out_of_range",
    #""amount_range":{"min":0,"max":100}"#: "/amount_range/min out_of_range",
    #""amount_range":{"min":100,"max":10000000000}"#: "/amount_range/max out_of_range",
    #""amount":99,"amount_range":{"min":100,"max":200}"#: "/amount out_of_range",
    #""amount":201,"amount_range":{"min":100,"max":200}"#: "/amount out_of_range",
    #""amount":1e2,"amount_range":{"min":100,"max":200}"#: "/amount wrong_type",
    #""expires_in":299"#: "/expires_in out_of_range", #""expires_in":7776001"#: "/expires_in out_of_range",
    #""expires_in":"300""#: "/expires_in wrong_type", #""language":"xx""#: "/language malformed",
    #""language":"UZ""#: "/language malformed",
    #""language":"uzb""#: "/language too_long", #""language":"u""#: "/language too_short",
    #""payment_method":"""#: "/payment_method too_short", #""payment_method":"\#(text(51))""#: "/payment_method too_long",
    #""payment_method":"Bankcard""#: "/payment_method malformed", #""capture":"Manual""#: "/capture malformed",
    #""capture":1"#: "/capture malformed",
    #""customer":[]"#: "/customer wrong_type", #""customer":{"name":"x"}"#: "/customer/name unknown_member",
    #""customer":{"id":"\#(text(51))"}"#: "/customer/id too_long", #""customer":{"id":""}"#: "/customer/id too_short",
    #""customer":{"phone":"998901234567"}"#: "/customer/phone malformed",
    #""customer":{"phone":"+0901234567"}"#: "/customer/phone malformed",
    #""customer":{"phone":"+123456"}"#: "/customer/phone malformed",
    #""customer":{"phone":"+1234567890123456"}"#: "/customer/phone too_long",
    #""customer":{"phone":"+99890 1234567"}"#: "/customer/phone malformed", #""customer":{"email":"ab"}"#: "/customer/email too_short",
    #""customer":{"email":"a@b"}"#: "/customer/email malformed", #""customer":{"email":"a@@b.uz"}"#: "/customer/email malformed",
    #""customer":{"email":"a b@c.uz"}"#: "/customer/email malformed", #""customer":{"email":"@c.uz"}"#: "/customer/email malformed",
    #""customer":{"email":"a@c..uz"}"#: "/customer/email malformed",
    #""customer":{"email":"\#(text(65))@c.uz"}"#: "/customer/email malformed",
    #""customer":{"ip":"256.1.1.1"}"#: "/customer/ip malformed", #""customer":{"ip":"localhost"}"#: "/customer/ip malformed",
    #""customer":{"ip":"1.2.3"}"#: "/customer/ip malformed", #""customer":{"ip":"1::2::3"}"#: "/customer/ip malformed",
    #""success_url":"http://shop.example/""#: "/success_url malformed", #""success_url":"/x""#: "/success_url malformed",
    #""success_url":"javascript:alert(1)""#: "/success_url malformed",
    #""success_url":"https://a:b@shop.example/""#: "/success_url malformed",
    #""failure_url":"https://a@shop.example/""#: "/failure_url malformed", #""failure_url":"https://""#: "/failure_url malformed",
    #""failure_url":"https://a b/""#: "/failure_url malformed", #""success_url":"https://s.example/%zz""#: "/success_url malformed",
    #""success_url":"https://s.example/?a=%4""#: "/success_url malformed",
    #""success_url":"https://s.example:65536/""#: "/success_url malformed",
    #""success_url":"https://s.example:0/""#: "/success_url malformed", #""back_url":"https://%00/""#: "/back_url malformed",
    #""failure_url":"http://127.0.0.1.evil.example/""#: "/failure_url malformed",
    #""failure_url":"http://localhost.example/""#: "/failure_url malformed",
    #""back_url":"https://s.example/\#(text(238))""#: "/back_url too_long", #""back_url":"ftp://shop.example/""#: "/back_url malformed",
    #""back_url":"https://s.example/ü""#: "/back_url malformed", #""qr":1"#: "/qr wrong_type", #""test":"true""#: "/test wrong_type",
    #""metadata":\#(pairs(21))"#: "/metadata too_many", #""metadata":{"a":1}"#: "/metadata/a wrong_type",
    #""metadata":{"a/b":{}}"#: "/metadata/a~1b wrong_type", #""metadata":{"\#(text(41))":"v"}"#: "/metadata/\(text(41)) too_long",
    #""metadata":{"":"v"}"#: "/metadata/ too_short", #""metadata":{"a":"\#(text(501))"}"#: "/metadata/a too_long",
    #""params":["","","",""]"#: "/params too_many", #""params":["\#(text(256))"]"#: "/params/0 too_long",
    #""params":["a",2]"#: "/params/1 wrong_type",
    #""params":"a""#: "/params wrong_type", #""loyalty":{"amount":"1"}"#: "/loyalty/id required",
    #""loyalty":{"id":"7","amount":12.5}"#: "/loyalty/amount wrong_type",
    #""loyalty":{"id":"7","amount":"1.234"}"#: "/loyalty/amount malformed",
    #""loyalty":{"id":"7","amount":"1000000000"}"#: "/loyalty/amount malformed",
    #""loyalty":{"id":"7","amount":"1."}"#: "/loyalty/amount malformed",
    #""loyalty":{"id":"7","amount":"-1"}"#: "/loyalty/amount malformed", #""freedom_id":"""#: "/freedom_id too_short",
    #""freedom_id":"\#(text(256))""#: "/freedom_id too_long", #""receipt":{}"#: "/receipt wrong_type",
    #""receipt":\#(list(101, position))"#: "/receipt too_many", #""receipt":[7]"#: "/receipt/0 wrong_type",
    #""receipt":[{"quantity":1,"price":1}]"#: "/receipt/0/name required",
    #""receipt":[{"name":"T","price":1}]"#: "/receipt/0/quantity required",
    #""receipt":[{"name":"T","quantity":1}]"#: "/receipt/0/price required",
    #""receipt":[{"name":"T","quantity":0,"price":1}]"#: "/receipt/0/quantity out_of_range",
    #""receipt":[{"name":"T","quantity":1.5,"price":1}]"#: "/receipt/0/quantity wrong_type",
    #""receipt":[{"name":"T","quantity":1,"price":0}]"#: "/receipt/0/price out_of_range",
    #""receipt":[{"name":"","quantity":1,"price":1}]"#: "/receipt/0/name too_short",
    #""receipt":[{"name":"T","quantity":1,"price":1,"tax":-1}]"#: "/receipt/0/tax out_of_range",
    #""receipt":[{"name":"T","quantity":1,"price":1,"GTIN":{}}]"#: "/receipt/0/GTIN wrong_type",
    #""receipt":[{"name":"T","quantity":1,"price":1,"g-t":"x"}]"#: "/receipt/0/g-t unknown_member",
    #""receipt":[{"name":"T","quantity":1,"price":1,"mark_list":[["x"]]}]"#: "/receipt/0/mark_list wrong_type",
    #""merchant":"other""#: "/merchant not_served", #""merchant":1"#: "/merchant wrong_type",
    #""pg_amount":1"#: "/pg_amount unknown_member",
    #""Amount":1"#: "/Amount unknown_member", #""customer":{"id":"4111 1111 1111 1111"}"#: "/customer/id card_number",
    #""4111111111111111":1"#: " card_number", #""metadata":{"4111111111111111":1}"#: "/metadata card_number",
  ])

  /// A right body with the members of the case instead of its own.
  static func body(_ members: String) throws -> JSONTree {
    guard case .object(var whole) = try JSONTree(Array(Desk.order.utf8)), case .object(let own) = try JSONTree(Array("{\(members)}".utf8))
    else { return .null }
    whole.merge(own) { $1 }
    return .object(whole)
  }

  static func read(_ tree: JSONTree, served: [String] = ["main"], isTesting: Bool = false) throws -> (link: NewLink?, faults: [String]) {
    let uzs = try Currency("UZS")
    let acquirer = ScriptedAcquirer(pages: [])
    let merchants = try ["main", "other"].map {
      Merchant(name: try MerchantName($0), currency: uzs, isTesting: isTesting, acquirer: acquirer)
    }
    let names = Set(try served.map { try MerchantName($0) })
    do throws(Problem) {
      return (try CreateBody.read(tree, served: names, merchants: Merchants(merchants)), [])
    } catch {
      #expect(error.code == .invalidRequest)
      return (nil, error.faults.map { "\($0.pointer) \($0.code.rawValue)" })
    }
  }

  @Test("Each member is taken or refused with its pointer and code, on both sides of each bound", arguments: right + wrong)
  func members(_ example: Case) throws {
    let (link, faults) = try Self.read(Self.body(example.members))
    #expect(faults == example.faults)
    #expect((link == nil) == !example.faults.isEmpty)
  }

  @Test("Every fault is told at once")
  func everything() throws {
    let body = #"""
      {"order_id":"a b","amount":0,"currency":"??","description":"","expires_in":1,"language":"xx","payment_method":"!","capture":"x",
       "customer":{"id":"","phone":"1","email":"x","ip":"y","z":1},"success_url":"a","failure_url":"b","back_url":"c","qr":1,"test":1,
       "metadata":{"a":1},"params":[1],"loyalty":{},"freedom_id":1,"receipt":[{}],"merchant":"x","more":1}
      """#
    let faults = try Self.read(JSONTree(Array(body.utf8))).faults
    #expect(
      faults.sorted()
        == [
          "/amount out_of_range", "/back_url malformed", "/capture malformed", "/currency malformed", "/customer/email too_short",
          "/customer/id too_short", "/customer/ip too_short", "/customer/phone malformed", "/customer/z unknown_member",
          "/description too_short",
          "/expires_in out_of_range", "/failure_url malformed", "/freedom_id wrong_type", "/language malformed", "/loyalty/id required",
          "/merchant not_served", "/metadata/a wrong_type", "/more unknown_member", "/order_id malformed", "/params/0 wrong_type",
          "/payment_method malformed", "/qr wrong_type", "/receipt/0/name required", "/receipt/0/price required",
          "/receipt/0/quantity required",
          "/success_url malformed", "/test wrong_type",
        ])
    #expect(try Self.read(.object([:])).faults == ["/order_id required", "/amount required", "/description required"])
    #expect(try Self.read(.list([])).faults == [" wrong_type"])
  }

  @Test("A flood of faults is cut at a hundred")
  func flood() throws {
    let body = JSONTree.object(Dictionary(uniqueKeysWithValues: (0..<500).map { ("x\($0)", .null) }))
    #expect(try Self.read(body).faults.count == Problem.mostFaults)
  }

  @Test("What was asked for arrives in the domain's words")
  func terms() throws {
    let members = #"""
      "amount":1500,"amount_range":{"min":1000,"max":2000},"currency":"KZT","expires_in":600,"language":"kk","payment_method":"bankcard",
      "capture":"manual","customer":{"id":"u1","phone":"+998901234567","email":"a@b.uz","ip":"192.0.2.1"},"success_url":"https://s.uz/1",
      "failure_url":"https://s.uz/2","back_url":"https://s.uz/3","qr":true,"test":true,"metadata":{"k":"v"},"params":["a","b"],
      "loyalty":{"id":"777","amount":"12.50"},"freedom_id":"f1",
      "receipt":[{"name":"Tea","quantity":2,"price":750,"tax":3,"UnitCode":796,"mark_list":["m1","m2"]}]
      """#
    let link = try #require(try Self.read(Self.body(members)).link)
    let kzt = try Currency("KZT")
    #expect(link.order.text == "A1001")
    #expect(
      link.terms
        == LinkTerms(
          amount: .between(
            Money(minorUnits: 1000, currency: kzt), Money(minorUnits: 2000, currency: kzt),
            suggested: Money(minorUnits: 1500, currency: kzt)),
          description: "Order A1001", lifetime: .seconds(600), language: "kk", paymentMethod: "bankcard", capture: .manual,
          customer: Customer(id: "u1", phone: "+998901234567", email: "a@b.uz", ip: "192.0.2.1"),
          addresses: ShopAddresses(success: "https://s.uz/1", failure: "https://s.uz/2", back: "https://s.uz/3"), wantsQR: true,
          isTest: true,
          metadata: ["k": "v"],
          options: AcquirerOptions([
            "params": .list([.text("a"), .text("b")]), "loyalty": .group(["id": .text("777"), "amount": .text("12.50")]),
            "freedom_id": .text("f1"),
            "receipt": .list([
              .group([
                "name": .text("Tea"), "quantity": .text("2"), "price": .text("750"), "tax": .text("3"), "UnitCode": .text("796"),
                "mark_list": .list([.text("m1"), .text("m2")]),
              ])
            ]),
          ])))
  }

  @Test("What is left out has its usual value")
  func usual() throws {
    let link = try #require(try Self.read(Self.body("")).link)
    let uzs = try Currency("UZS")
    #expect(link.merchant.text == "main")
    #expect(link.terms == LinkTerms(amount: .exactly(Money(minorUnits: 15_000_000, currency: uzs)), description: "Order A1001"))
    #expect(link.terms.lifetime == .seconds(86_400))
  }

  @Test("The payer may choose without a suggestion; an IPv6 address is left out; a testing merchant makes test links only")
  func special() throws {
    let range = try Self.read(Self.body(#""amount":null,"amount_range":{"min":100,"max":300}"#)).link?.terms.amount
    let uzs = try Currency("UZS")
    #expect(range == .between(Money(minorUnits: 100, currency: uzs), Money(minorUnits: 300, currency: uzs), suggested: nil))
    let address = try Self.read(Self.body(#""customer":{"ip":"2001:db8::1"}"#)).link
    #expect(address != nil)
    #expect(address?.terms.customer.ip == nil)
    #expect(try Self.read(Self.body(#""test":false"#), isTesting: true).link?.terms.isTest == true)
  }

  @Test("A key for several merchants must name one that it serves")
  func merchants() throws {
    #expect(try Self.read(Self.body(""), served: ["main", "other"]).faults == ["/merchant required"])
    #expect(try Self.read(Self.body(#""merchant":"third""#), served: ["main", "other"]).faults == ["/merchant not_served"])
    #expect(try Self.read(Self.body(#""merchant":"other""#), served: ["main", "other"]).link?.merchant.text == "other")
    #expect(try Self.read(Self.body(#""merchant":"main""#), served: ["other"]).faults == ["/merchant not_served"])
    #expect(try Self.read(Self.body(#""merchant":"main""#), served: []).faults == ["/merchant not_served"])
  }
}
