import Payments
import Testing

/// When an event is sent again, and when an endpoint rests (design §4.5).
struct DeliveryRuleTests {
  static let now = Timestamp(milliseconds: 1_795_000_000_000)

  static func attempt(_ status: Int) -> DeliveryAttempt { DeliveryAttempt(at: now, duration: .zero, end: .answered(status: status)) }
  static let lost = DeliveryAttempt(at: now, duration: .zero, end: .failed(.timeout))

  @Test("The waits are those of the design, each longer by up to a tenth, and the tenth try is the last")
  func schedule() {
    let waits: [Duration] = [
      .seconds(5), .minutes(5), .minutes(30), .hours(2), .hours(5), .hours(10), .hours(14), .hours(20), .hours(24),
    ]
    for (index, wait) in waits.enumerated() {
      let (least, most) = (Self.next(tries: index + 1, chance: 0), Self.next(tries: index + 1, chance: 1))
      #expect(least == .again(at: Self.now + wait))
      #expect(most == .again(at: Self.now + .milliseconds(wait.wholeMilliseconds * 11 / 10)))
    }
    #expect(Self.next(tries: 10, chance: 0) == .dead)
    #expect(Self.next(tries: 11, chance: 0) == .dead)
  }

  private static func next(tries: Int, chance: Double, retryAfter: Duration? = nil, _ attempt: DeliveryAttempt = lost)
    -> DeliverySchedule.Next
  {
    DeliverySchedule.next(after: attempt, tries: tries, retryAfter: retryAfter, at: now, chance: chance)
  }

  @Test(
    "Only 2xx is delivered",
    arguments: [(199, false), (200, true), (204, true), (299, true), (300, false), (302, false), (400, false), (410, false), (500, false)])
  func delivered(status: Int, isDelivered: Bool) {
    let next = DeliverySchedule.next(after: Self.attempt(status), tries: 1, retryAfter: nil, at: Self.now, chance: 0)
    #expect((next == .delivered) == isDelivered)
    #expect(Self.attempt(status).saysGone == (status == 410))
  }

  @Test("Retry-After makes a wait longer, never shorter, and never longer than a day")
  func retryAfter() {
    #expect(Self.next(tries: 1, chance: 0, retryAfter: .seconds(4)) == .again(at: Self.now + .seconds(5)))
    #expect(Self.next(tries: 1, chance: 0, retryAfter: .seconds(6)) == .again(at: Self.now + .seconds(6)))
    #expect(Self.next(tries: 1, chance: 0, retryAfter: .hours(24)) == .again(at: Self.now + .hours(24)))
    #expect(Self.next(tries: 1, chance: 0, retryAfter: .days(365)) == .again(at: Self.now + .hours(24)))
    #expect(Self.next(tries: 10, chance: 0, retryAfter: .seconds(6)) == .dead)
  }

  @Test("An endpoint rests from its fifth failure in a row on, longer each time, and one success ends that")
  func breaker() {
    var breaker = Breaker()
    for _ in 1...4 { breaker = breaker.after(success: false, at: Self.now) }
    #expect(breaker.restsUntil == nil)
    #expect(breaker.room(of: 8, at: Self.now) == 8)
    var rests: [Duration] = []
    for _ in 1...6 {
      breaker = breaker.after(success: false, at: Self.now)
      rests.append((breaker.restsUntil ?? Self.now) - Self.now)
    }
    #expect(rests == [.seconds(30), .minutes(1), .minutes(2), .minutes(4), .minutes(5), .minutes(5)])
    #expect(breaker.room(of: 8, at: Self.now + .minutes(5) - .milliseconds(1)) == 0)
    #expect(breaker.room(of: 8, at: Self.now + .minutes(5)) == 1)
    #expect(breaker.after(success: true, at: Self.now) == Breaker())
  }

  @Test("An endpoint is told of its merchants' events that its patterns name, and of no others")
  func patterns() throws {
    let (main, other) = (try MerchantName("main"), try MerchantName("other"))
    func wants(_ patterns: [String], _ kind: Event.Kind, _ merchant: MerchantName) throws -> Bool {
      let endpoint = Endpoint(
        name: try EndpointName("crm"), merchants: [main], patterns: try patterns.map { try EventPattern($0) }, address: "")
      return endpoint.wants(kind, of: merchant)
    }
    #expect(try wants(["*"], .paymentPaid, main))
    #expect(try !wants(["*"], .paymentPaid, other))
    #expect(try wants(["payment.*"], .paymentPaid, main))
    #expect(try !wants(["payment.*"], .linkCompleted, main))
    #expect(try wants(["refund.failed", "payment_link.completed"], .linkCompleted, main))
    #expect(try !wants(["refund.failed"], .refundSucceeded, main))
    for wrong in ["", "pay*", "payment", "payment.*.x", "order.*", "payment.Paid", ".*", "payment."] {
      #expect(throws: InvalidValue.self) { try EventPattern(wrong) }
    }
  }
}
