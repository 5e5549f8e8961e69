import HTTPServer
import HTTPTypes
import Payments
import PaymentsTesting
import Synchronization
import Testing

@testable import Facade

/// How often one key and one address may call (design §4.2 `rate`, §4.4 429).
struct RateTests {
  /// Nanoseconds that a test moves.
  final class Time: Sendable {
    private let kept = Mutex<UInt64>(5_000_000_000)
    func advance(_ milliseconds: UInt64) { kept.withLock { $0 += milliseconds * 1_000_000 } }
    var now: UInt64 { kept.withLock { $0 } }
  }

  static func rates(_ time: Time, perKey: String? = nil, perAddress: String? = nil, proxies: TrustedProxies = TrustedProxies()) throws
    -> Rates
  {
    Rates(
      perKey: try perKey.map { text in try RateQuota(text) }, perAddress: try perAddress.map { text in try RateQuota(text) },
      proxies: proxies, now: { time.now })
  }

  @Test("A key has its quota at once, then one by one; the refusal says when to come again, and the fields what is left")
  func key() async throws {
    let time = Time()
    let desk = try Desk(rates: Self.rates(time, perKey: "4/s"))
    for left in [3, 2, 1, 0] {
      let answer = try await desk.call(.get, "/v1/payment-links")
      #expect(answer.status == 200)
      #expect(answer.fields[.rateLimitPolicy] == "\"key\";q=4;w=1")
      #expect(answer.fields[.rateLimit] == "\"key\";r=\(left);t=1")
    }
    let refused = try await desk.call(.get, "/v1/payment-links")
    #expect(refused.status == 429 && refused["code"] == "rate_limited" && refused["retryable"] == "true")
    #expect(refused.fields[.retryAfter] == "1")
    #expect(refused.fields[.rateLimit] == "\"key\";r=0;t=1")
    // Another key of the same address is not touched.
    #expect(try await desk.call(.get, "/v1/payment-links", key: "sk_reader").status == 200)
    time.advance(249)
    #expect(try await desk.call(.get, "/v1/payment-links").status == 429)
    time.advance(1)
    #expect(try await desk.call(.get, "/v1/payment-links").status == 200)
    #expect(try await desk.call(.get, "/v1/payment-links").status == 429)
  }

  @Test("A refused create leaves no trace and may come again under its key")
  func noTrace() async throws {
    let time = Time()
    let desk = try Desk(rates: Self.rates(time, perKey: "1/m"))
    #expect(try await desk.call(.get, "/v1/payment-links").status == 200)
    let refused = try await desk.create()
    #expect(refused.status == 429 && refused.fields[.retryAfter] == "60")
    #expect(desk.books.allLinks.isEmpty && desk.acquirer.requests.isEmpty)
    time.advance(60_000)
    #expect(try await desk.create().status == 201)
  }

  @Test("Without a key, with a wrong one, with a client token and on short links the address counts; with a secret key it does not")
  func address() async throws {
    let time = Time()
    let desk = try Desk(rates: Self.rates(time, perAddress: "4/m"))
    let link = try await desk.create()
    let id = try #require(link["id"])
    let token = try #require(link["client_token"])
    #expect(link.fields[.rateLimit] == nil)
    #expect(try await desk.call(.get, "/v1/payment-links", key: nil).status == 401)
    let wrong = try await desk.call(.get, "/v1/payment-links", key: "sk_wrong")
    #expect(wrong.status == 401 && wrong.fields[.rateLimit] == "\"address\";r=2;t=30")
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)", key: token).status == 200)
    #expect(try await desk.call(.get, "/p/none", key: nil).status == 404)
    for path in ["/v1/payment-links", "/v1/payment-links/\(id)?client_token=\(token)", "/p/none"] {
      #expect(try await desk.call(.get, path, key: nil).status == 429)
    }
    #expect(try await desk.call(.get, "/v1/payment-links").status == 200)
    #expect(try await desk.call(.get, "/v1/payment-links", key: nil, peer: "127.0.0.2").status == 401)
    // An expired key is none.
    desk.clock.advance(by: .seconds(61))
    #expect(try await desk.call(.get, "/v1/payment-links", key: "sk_ending").status == 429)
  }

  @Test("A publishable key counts by key and by address; what the key refuses costs the address nothing")
  func publishable() async throws {
    let time = Time()
    let desk = try Desk(rates: Self.rates(time, perKey: "2/m", perAddress: "3/m"))
    let token = OrderToken(now: desk.clock.now()).text
    let first = try await desk.order(token)
    #expect(first.status == 201)
    #expect(first.fields[.rateLimitPolicy] == "\"key\";q=2;w=60, \"address\";q=3;w=60")
    #expect(first.fields[.rateLimit] == "\"key\";r=1;t=30, \"address\";r=2;t=20")
    #expect(try await desk.order(token).status == 200)
    #expect(try await desk.order(token).status == 429)
    let own = try await desk.call(.get, "/v1/payment-links", key: nil)
    #expect(own.fields[.rateLimit] == "\"address\";r=0;t=60")
  }

  @Test("An IPv6 subscriber is a network of 64 bits")
  func subscribers() async throws {
    let desk = try Desk(rates: Self.rates(Time(), perAddress: "1/m"))
    #expect(try await desk.call(.get, "/p/x", key: nil, peer: "2001:db8::1").status == 404)
    #expect(try await desk.call(.get, "/p/x", key: nil, peer: "2001:db8::ffff:1").status == 429)
    #expect(try await desk.call(.get, "/p/x", key: nil, peer: "2001:db8:0:1::1").status == 404)
  }

  @Test("Routes of others are held to the address, and to nothing where no rate is set")
  func limited() async throws {
    let route = Route(.get, "/return/{token}/success") { _ in Response(status: .seeOther) }
    let limited = try Router(Self.rates(Time(), perAddress: "1/m").limited([route]))
    #expect(await limited.respond(to: try Request(.get, "/return/x/success")).status.code == 303)
    #expect(await limited.respond(to: try Request(.get, "/return/x/success")).status.code == 429)
    let free = try Router(Rates().limited([route]))
    for _ in 0..<3 { #expect(await free.respond(to: try Request(.get, "/return/x/success")).status.code == 303) }
  }

  @Test("A quota is so many by second, minute or hour")
  func quotas() throws {
    #expect(try RateQuota("50") == RateQuota("50/s"))
    #expect(try RateQuota("600/m").window == .seconds(60) && RateQuota("5000/h").requests == 5000)
    for wrong in ["", "0", "0/s", "-1", "1/d", "1/", "/s", "1/s/s", "1.5/s", "99999999/s", "many", "+5"] {
      #expect(throws: InvalidValue.self, "\(wrong)") { try RateQuota(wrong) }
    }
  }

  @Test("Memory is bounded: beyond two generations the oldest are forgotten, and who comes often is not")
  func bounded() throws {
    let buckets = RateBuckets<Int>(try RateQuota("2/h"), most: 100)
    _ = buckets.take(-1, now: 0)
    _ = buckets.take(-1, now: 0)
    for key in 0..<1000 {
      _ = buckets.take(key, now: 0)
      #expect(buckets.count <= 200)
      if key % 50 == 0 { #expect(!buckets.take(-1, now: 0).isAllowed) }
    }
    #expect(buckets.take(0, now: 0).left == 1)
  }
}

/// Whose word about the client's address counts.
struct TrustedProxiesTests {
  static func proxies(_ ranges: [String], unix: Bool = false) throws -> TrustedProxies {
    TrustedProxies(try ranges.map { text in try AddressRange(text) }, trustsUnix: unix)
  }

  static func client(_ proxies: TrustedProxies, _ peer: String, _ forwarded: [String]) throws -> HostAddress? {
    var fields = HTTPFields()
    for value in forwarded { fields.append(HTTPField(name: .xForwardedFor, value: value)) }
    return proxies.client(of: try Request(.get, "/", fields: fields, peer: peer))
  }

  struct Case: Sendable {
    var peer: String
    var forwarded: [String]
    var client: String?

    init(_ peer: String, _ forwarded: [String], _ client: String?) {
      self.peer = peer
      self.forwarded = forwarded
      self.client = client
    }
  }

  static let cases = [
    Case("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  // no proxy of ours
    Case("10.1.2.3", [], "10.1.2.3"),
    Case("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
    Case("10.1.2.3", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),  // what stands left of it the client wrote itself
    Case("10.1.2.3", ["1.1.1.1, 198.51.100.1 ,\t10.9.9.9"], "198.51.100.1"),
    Case("10.1.2.3", ["1.1.1.1", "198.51.100.1", "10.9.9.9"], "198.51.100.1"),
    Case("10.1.2.3", ["10.8.8.8, 10.9.9.9"], "10.8.8.8"),
    Case("10.1.2.3", ["unknown"], "10.1.2.3"),
    Case("10.1.2.3", ["198.51.100.1, "], "10.1.2.3"),
    Case("10.1.2.3", ["198.51.100.1:4711"], "10.1.2.3"),
    Case("10.1.2.3", ["garbage, 198.51.100.1"], "198.51.100.1"),
    Case("10.1.2.3", [Array(repeating: "198.51.100.1", count: 32).joined(separator: ",")], "198.51.100.1"),
    Case("10.1.2.3", [Array(repeating: "198.51.100.1", count: 33).joined(separator: ",")], "10.1.2.3"),
    Case("::ffff:10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
    Case("2001:db8::1", ["2001:db9::7"], "2001:db9::7"),
    Case("unix", ["198.51.100.1"], nil),
  ]

  @Test("The right-most address that is no proxy of ours counts, and only a proxy's word", arguments: cases)
  func clients(_ test: Case) throws {
    let proxies = try Self.proxies(["10.0.0.0/8", "2001:db8::/32"])
    #expect(try Self.client(proxies, test.peer, test.forwarded) == test.client.flatMap { HostAddress($0) }, "\(test.forwarded)")
  }

  @Test("A unix socket is believed where the settings say so")
  func unix() throws {
    let proxies = try Self.proxies([], unix: true)
    #expect(try Self.client(proxies, "unix", ["198.51.100.1"]) == HostAddress("198.51.100.1"))
    #expect(try Self.client(proxies, "unix", []) == nil)
    #expect(try Self.client(proxies, "203.0.113.9", ["198.51.100.1"]) == HostAddress("203.0.113.9"))
  }

  @Test("With a proxy in front each client has a rate of its own")
  func rates() async throws {
    let desk = try Desk(rates: RateTests.rates(RateTests.Time(), perAddress: "1/m", proxies: Self.proxies(["127.0.0.1"])))
    func status(_ client: String, _ peer: String) async throws -> Int {
      try await desk.call(.get, "/p/x", key: nil, fields: [.xForwardedFor: client], peer: peer).status
    }
    #expect(try await status("198.51.100.1", "127.0.0.1") == 404)
    #expect(try await status("198.51.100.2", "127.0.0.1") == 404)
    #expect(try await status("198.51.100.1", "127.0.0.1") == 429)
    #expect(try await status("198.51.100.3", "203.0.113.9") == 404)
    #expect(try await status("198.51.100.4", "203.0.113.9") == 429)
  }

  @Test("Ranges hold exactly their addresses")
  func ranges() throws {
    func holds(_ range: String, _ address: String) throws -> Bool {
      try AddressRange(range).contains(try #require(HostAddress(address)))
    }
    #expect(try holds("10.0.0.0/8", "10.255.255.255") && !holds("10.0.0.0/8", "11.0.0.0") && !holds("10.0.0.0/8", "9.255.255.255"))
    #expect(try holds("0.0.0.0/0", "255.1.2.3") && !holds("0.0.0.0/0", "2001:db8::1"))
    #expect(try holds("::/0", "2001:db8::1") && holds("2001:db8::/64", "2001:db8::ffff") && !holds("2001:db8::/64", "2001:db8:0:1::"))
    #expect(try holds("2001:db8::/65", "2001:db8::1") && !holds("2001:db8::/65", "2001:db8::8000:0:0:0"))
    #expect(try holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.8") && holds("::1/128", "::1"))
    for wrong in [
      "", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.1.0.0/8", "10.0.0/8", "host", "::1/129", "10.0.0.0/8/8", " 10.0.0.0/8",
    ] {
      #expect(throws: InvalidValue.self, "\(wrong)") { try AddressRange(wrong) }
    }
  }
}

/// When keys were last used.
struct KeyUseTests {
  @Test("A key's use is told once a minute, for keys that were let in only")
  func told() async throws {
    let desk = try Desk()
    let start = desk.clock.now().milliseconds
    _ = try await desk.call(.get, "/v1/payment-links", key: "sk_wrong")
    _ = try await desk.call(.get, "/v1/payment-links")
    desk.clock.advance(by: .milliseconds(59_999))
    _ = try await desk.call(.get, "/v1/payment-links")
    _ = try await desk.call(.get, "/v1/payment-links", key: "sk_reader")
    desk.clock.advance(by: .milliseconds(1))
    _ = try await desk.call(.get, "/v1/payment-links")
    #expect(desk.uses.all == ["shop \(start)", "reader \(start + 59_999)", "shop \(start + 60_000)"])
  }
}
