import HTTPTypes
import JWTKit
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// Creates with a publishable key (design §4.3): the shop's back end signs the order, and a payer can change nothing of it.
struct SignedOrderTests {
  @Test("A browser with a signed order gets the link and its client token, and nothing that is the shop's alone")
  func create() async throws {
    let desk = try Desk()
    let made = try await desk.order {
      $0.claims["metadata"] = #"{"cart":"7"}"#
      $0.claims["success_url"] = #""https://shop.example/thanks""#
      $0.claims["capture"] = #""automatic""#
    }
    #expect(made.status == 201)
    #expect(made.json.at("metadata") == nil && made.json.at("refunds") == nil)
    let id = try #require(made["id"])
    let token = try #require(made["client_token"])
    let read = try await desk.call(.get, "/v1/payment-links/\(id)", key: token)
    #expect(read["amount"] == "15000000")
    let stored = try #require(desk.books.allLinks.first)
    #expect(stored.terms.metadata == ["cart": "7"] && stored.terms.addresses.success == "https://shop.example/thanks")
    #expect(desk.counts.all.last == "main created")
  }

  @Test("The same order again gives the same link, also when it was signed anew; another order under its jti is refused")
  func replay() async throws {
    let desk = try Desk()
    let first = try await desk.order { _ in }
    desk.clock.advance(by: .seconds(60))
    // Signed a minute later: another exp, another token.
    let second = try await desk.order { $0.claims["iat"] = "1795470000" }
    #expect(second.status == 200)
    #expect(second.fields[.idempotencyReplayed] == "true")
    #expect(second["id"] == first["id"] && second["client_token"] == first["client_token"])
    let cheaper = try await desk.order { $0.claims["amount"] = "100" }
    #expect(cheaper.status == 422 && cheaper["code"] == "idempotency_key_reused")
    #expect(desk.acquirer.requests.count == 1)
  }

  @Test("The page chooses language and payment method where the order leaves them open")
  func choices() async throws {
    let desk = try Desk()
    let token = OrderToken(now: desk.clock.now())
    let made = try await desk.order(token.text, more: #","language":"uz","payment_method":"bankcard""#)
    #expect(made.status == 201)
    let terms = try #require(desk.books.allLinks.first).terms
    #expect(terms.language == "uz" && terms.paymentMethod == "bankcard")
    var fixed = OrderToken(now: desk.clock.now(), jti: "j2")
    fixed.claims["language"] = #""ru""#
    let refused = try await desk.order(fixed.text, more: #","language":"uz""#)
    #expect(refused.status == 422 && refused.faults == ["/language invalid"])
    let wrong = try await desk.order(token.text, more: #","language":"xx""#)
    #expect(wrong.faults == ["/language malformed"])
    let price = try await desk.order(token.text, more: #","amount":100"#)
    #expect(price.faults == ["/amount unknown_member"])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let faults: [String]
    let change: @Sendable (inout OrderToken) -> Void

    init(_ name: String, _ faults: [String], _ change: @escaping @Sendable (inout OrderToken) -> Void) {
      testDescription = name
      self.faults = faults
      self.change = change
    }
  }

  /// Seconds of the desk's clock.
  static let now = ManualClock().now().milliseconds / 1000

  static let refused = [
    Case("another secret", ["/signed_order invalid"]) { $0.secret = "another-secret-with-at-least-32-byte" },
    Case("no algorithm", ["/signed_order invalid"]) { $0.header = #"{"alg":"none"}"# },
    Case("another algorithm", ["/signed_order invalid"]) { $0.header = #"{"alg":"HS512"}"# },
    Case("an algorithm spelled otherwise", ["/signed_order invalid"]) { $0.header = #"{"alg":"hs256"}"# },
    Case("no alg", ["/signed_order invalid"]) { $0.header = "{}" },
    Case("two algs", ["/signed_order malformed"]) { $0.header = #"{"alg":"HS256","alg":"none"}"# },
    Case("a critical member", ["/signed_order invalid"]) { $0.header = #"{"alg":"HS256","crit":["b64"],"b64":false}"# },
    Case("no audience", ["/signed_order/aud required"]) { $0.claims["aud"] = nil },
    Case("another audience", ["/signed_order/aud invalid"]) { $0.claims["aud"] = #""https://pay.example.com""# },
    Case("other audiences", ["/signed_order/aud invalid"]) { $0.claims["aud"] = #"["https://pay.example.com"]"# },
    Case("no end", ["/signed_order/exp required"]) { $0.claims["exp"] = nil },
    Case("over", ["/signed_order/exp out_of_range"]) { $0.claims["exp"] = "\(now)" },
    Case("too long", ["/signed_order/exp out_of_range"]) { $0.claims["exp"] = "\(now + 3601)" },
    Case("an end that is no number", ["/signed_order/exp wrong_type"]) { $0.claims["exp"] = #""tomorrow""# },
    Case("an end beyond all time", ["/signed_order/exp out_of_range"]) { $0.claims["exp"] = "9223372036854775807" },
    Case("not yet", ["/signed_order/nbf out_of_range"]) { $0.claims["nbf"] = "\(now + 1)" },
    Case("no jti", ["/signed_order/jti required"]) { $0.claims["jti"] = nil },
    Case("an empty jti", ["/signed_order/jti too_short"]) { $0.claims["jti"] = "\"\"" },
    Case("a long jti", ["/signed_order/jti too_long"]) { $0.claims["jti"] = "\"\(String(repeating: "j", count: 256))\"" },
    Case("a blank in jti", ["/signed_order/jti malformed"]) { $0.claims["jti"] = #""a b""# },
    Case("test", ["/signed_order/test unknown_member"]) { $0.claims["test"] = "true" },
    Case("an unknown claim", ["/signed_order/price unknown_member"]) { $0.claims["price"] = "1" },
    Case("a claim that is not valid", ["/signed_order/amount out_of_range"]) { $0.claims["amount"] = "0" },
    Case("a claim within", ["/signed_order/customer/phone malformed"]) { $0.claims["customer"] = #"{"phone":"1"}"# },
    Case("a missing member", ["/signed_order/order_id required"]) { $0.claims["order_id"] = nil },
    Case("a card number", ["/signed_order/description card_number"]) { $0.claims["description"] = #""4400 4301 2345 6789""# },
    Case("a merchant of another key", ["/signed_order/merchant not_served"]) { $0.claims["merchant"] = #""other""# },
  ]

  @Test("What the shop did not sign, or not so, is refused with its place, and nothing is sent", arguments: refused)
  func refusals(_ test: Case) async throws {
    let desk = try Desk()
    let answer = try await desk.order(test.change)
    #expect(answer.status == 422)
    #expect(answer.faults == test.faults)
    #expect(desk.acquirer.requests.isEmpty && desk.books.allLinks.isEmpty)
  }

  static let taken = [
    Case("the last second", []) { $0.claims["exp"] = "\(now + 1)" },
    Case("an hour", []) { $0.claims["exp"] = "\(now + 3600)" },
    Case("from now on", []) { $0.claims["nbf"] = "\(now)" },
    Case("several audiences", []) { $0.claims["aud"] = #"["x","https://pay.example.uz"]"# },
    Case("issuer and subject", []) { $0.claims.merge(["iss": #""shop""#, "sub": #""payer""#, "iat": "1"]) { $1 } },
    Case("the longest jti", []) { $0.claims["jti"] = "\"\(String(repeating: "j", count: 255))\"" },
    Case("a header with a kid", []) { $0.header = #"{"kid":"7","typ":"JWT","alg":"HS256"}"# },
  ]

  @Test("Each rule's other side is taken", arguments: taken)
  func borders(_ test: Case) async throws {
    #expect(try await Desk().order(test.change).status == 201)
  }

  @Test("A token that is no token, or whose text was changed by a bit, is refused")
  func mangled() async throws {
    let desk = try Desk()
    let good = OrderToken(now: desk.clock.now()).text
    let parts = good.split(separator: ".")
    let texts = ["", "a", "a.b", "a.b.c", "..", good + ".", good + "=", "." + good, "\(parts[0]).\(parts[1]).", good + "."]
    for text in texts { #expect(try await desk.order(text).status == 422, "\(text)") }
    // The signature's last character has bits that stand for nothing: another spelling of the same bytes is refused too.
    let last = try #require(good.last)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    for other in alphabet where other != last { #expect(try await desk.order(good.dropLast() + String(other)).status == 422) }
    #expect(desk.books.allLinks.isEmpty)
    #expect(try await desk.order(good).status == 201)
  }

  @Test("A publishable key takes signed orders only, and a secret key none")
  func kinds() async throws {
    let desk = try Desk()
    let plain = try await desk.create(key: "pk_page")
    #expect(plain.status == 422)
    #expect(plain.faults.contains("/signed_order required") && plain.faults.contains("/amount unknown_member"))
    let token = OrderToken(now: desk.clock.now()).text
    let secret = try await desk.create(#"{"signed_order":"\#(token)"}"#)
    #expect(secret.status == 422 && secret.faults.contains("/signed_order unknown_member"))
    #expect(try await desk.call(.get, "/v1/payment-links", key: "pk_page").status == 403)
    #expect(try await desk.order(token, key: "pk_front").status == 403)
  }

  @Test("An order for several merchants names one, and each key has its own jtis")
  func merchants() async throws {
    let desk = try Desk()
    var token = OrderToken(now: desk.clock.now())
    #expect(try await desk.order(token.text, key: "pk_pages").faults == ["/signed_order/merchant required"])
    token.claims["merchant"] = #""other""#
    let other = try await desk.order(token.text, key: "pk_pages")
    #expect(other.status == 201 && other["merchant"] == "other")
    #expect(try await desk.order { _ in }.status == 201)
  }

  @Test("What the acquirer cannot do stands at the claim")
  func acquirer() async throws {
    let desk = try Desk(faults: [TermsFault(pointer: "/capture", kind: .unsupported, detail: "no holds")])
    let answer = try await desk.order { _ in }
    #expect(answer["code"] == "unsupported_by_acquirer" && answer.faults == ["/signed_order/capture unsupported"])
  }
}

/// The keys of signed orders, each algorithm by itself.
struct OrderKeyTests {
  static let signed = Array("header.claims".utf8)

  @Test("ES256 and EdDSA verify what their private key signed, and nothing else")
  func curves() async throws {
    let es256 = ES256PrivateKey()
    let eddsa = try EdDSA.PrivateKey()
    let keys = [
      (try OrderKey(.es256, publicKeyPEM: es256.publicKey.pemRepresentation), await JWTKeyCollection().add(ecdsa: es256)),
      (try OrderKey(.eddsa, publicKeyPEM: eddsa.publicKey.pemRepresentation), await JWTKeyCollection().add(eddsa: eddsa)),
    ]
    for (key, signer) in keys {
      let signature = try await signer.getKey().sign(Self.signed)
      #expect(await key.verifies(signature, of: Self.signed))
      #expect(await !key.verifies(signature, of: Self.signed + [0]))
      #expect(await !key.verifies([], of: Self.signed))
      var changed = signature
      changed[7] ^= 1
      #expect(await !key.verifies(changed, of: Self.signed))
    }
  }

  @Test("RS256 verifies what openssl signed")
  func rsa() async throws {
    let key = try OrderKey(.rs256, publicKeyPEM: Self.publicKey)
    var signature = try #require(Base64URL.bytes(Self.signature))
    #expect(await key.verifies(signature, of: Self.signed))
    signature[0] ^= 1
    #expect(await !key.verifies(signature, of: Self.signed))
  }

  @Test("A key of the wrong kind or strength is refused at the start")
  func weak() throws {
    #expect(throws: InvalidValue.self) { try OrderKey(secret: String(repeating: "x", count: 31)) }
    _ = try OrderKey(secret: String(repeating: "x", count: 32))
    #expect(throws: InvalidValue.self) { try OrderKey(.hs256, publicKeyPEM: Self.publicKey) }
    #expect(throws: InvalidValue.self) { try OrderKey(.es256, publicKeyPEM: Self.publicKey) }
    #expect(throws: InvalidValue.self) { try OrderKey(.eddsa, publicKeyPEM: Self.publicKey) }
    #expect(throws: InvalidValue.self) { try OrderKey(.rs256, publicKeyPEM: Self.shortKey) }
    #expect(throws: InvalidValue.self) { try OrderKey(.rs256, publicKeyPEM: "not a key") }
  }

  /// `openssl genrsa 2048`; `printf header.claims | openssl dgst -sha256 -sign`. The private half was thrown away.
  private static let publicKey = """
    -----BEGIN PUBLIC KEY-----
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxcTHiKMQRW9FHpfS0LMM
    x8aaoyIHVKf+3gDRseLIV3gPjKFzxHREyXDa2hYjVLATWynhOfvC+oabsb3Oueyd
    eCmTvHKvkSHIY5pVHVTp+/KSW98Ke1uThD9QerfJkkTAIhVS+dB5v2g80iyZSCvm
    hqsRZg6nAK/kfqkhIAQ7sKxPdvuJPEGlOn4E/M2MhuDTiEFNtc2bIVNU1CxrRjpD
    LB5pDrsditzKuTgs0pbA9NX1AwOCd3TSmAlAL7HYBbqj6pPPEzJFO9P+DjYCVEIh
    Ai7JJ7AhawXY/Sl86gp/zVNQe6ic8i90waH9H+6jLfSRzP2kWXx5vpf4e46XU9La
    KQIDAQAB
    -----END PUBLIC KEY-----
    """

  private static let signature =
    "YxMLWu-JNWdwQ7_oHdKYxcAktGV-iNw-gy0s2y9hDblIrfCP4lXj29FzuynAhEVIqeXZ11NLnhSSd7TQMLxGXU4PnuVch5w2R05dKjZxQouL2ySz5goO6Acn"
    + "cNRmmwG5vWji3PakC6bknRn8R5yTgcqrnFE_YjL1bLm3VwG3KbmLT_ro3mD1lmEItCWtsQdf5Pip-kP4WHq1FxZno8OtGTpg7HI0ljKQhnK4wpbfKml5l9GG"
    + "tNKgB3E6Z5zlZbUuSW6OI_B8bxyL7hbriBVJTuLTSJg1IdKAwcId2W0z0w8mT0-xyjnIdkTxfcQohmZs3mAbNG4OH0KQVySJcU2yBw"

  /// 1024 bits.
  private static let shortKey = """
    -----BEGIN PUBLIC KEY-----
    MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDBIVOKzgnc3XzQjU8cSB+f4CdY
    3KmDWfcEFtOZla4IgubkrUhQ6C+0nRPmPakAJCYQarVT9WCbvfxMmb/6RVntL10A
    1xz+YGYQt4WfTTdONcl4wBGYbSl9d2ySP2cEObzK4e28IKcctzJl4OPt9ZQAgC4a
    Ba32fBrtrbOxS+wgSwIDAQAB
    -----END PUBLIC KEY-----
    """
}
