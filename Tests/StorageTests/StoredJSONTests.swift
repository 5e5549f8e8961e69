import JSON
import Payments
import Testing

@testable import Storage

/// What is written and read by hand against what Codable writes and reads.
@Suite("Stored JSON") struct StoredJSONTests {
  @Test("Terms are the text that Codable makes, and are read back as they were")
  func terms() throws {
    var random = Xorshift(state: 0x5EED_0001)
    for _ in 0..<400 {
      let terms = Self.terms(&random)
      let text = try StoredJSON.text(terms)
      #expect(text == (try JSONWriter.text(of: terms)))
      #expect(try StoredJSON.terms(from: text) == terms)
    }
  }

  @Test("What Codable refuses of damaged terms is refused, and what it takes is read as the same")
  func damage() throws {
    var random = Xorshift(state: 0x5EED_0002)
    var refused = 0
    for _ in 0..<2000 {
      let text = try StoredJSON.text(Self.terms(&random))
      var parser = JSONParser(Array(text.utf8), deepest: JSONReader.deepest, takesNUL: true)
      let damaged = Self.text(Self.damaged(try parser.document(), &random))
      let byHand = try? StoredJSON.terms(from: damaged)
      #expect(byHand == (try? JSONReader.value(LinkTerms.self, from: damaged)), "\(damaged)")
      if byHand == nil { refused += 1 }
    }
    #expect((500..<1900).contains(refused))
  }

  @Test("A link's state is the text that Codable makes")
  func states() throws {
    var random = Xorshift(state: 0x5EED_0003)
    for _ in 0..<400 {
      let state = Self.state(&random)
      let text = try StoredJSON.text(state)
      #expect(text == (try JSONWriter.text(of: state)))
      #expect(try StoredJSON.text(StoredJSON.value(LinkState.self, from: text)) == text)
    }
  }

  @Test("A verdict is the text that Codable makes", arguments: [Verdict.accept, .reject(reason: "r"), .error(reason: "\"")])
  func verdicts(_ verdict: Verdict) throws {
    #expect(try StoredJSON.text(verdict) == JSONWriter.text(of: verdict))
  }
}

// MARK: - Samples

extension StoredJSONTests {
  private static func text(_ random: inout Xorshift) -> String {
    let pieces = ["a", "\"", "\\", "/", "\n", "\u{0}", "\u{1f}", "é", "Ж", "😀", "\u{2028}", " ", "0"]
    return (0..<Int.random(in: 0...8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }

  private static func textIfAny(_ random: inout Xorshift) -> String? { Bool.random(using: &random) ? text(&random) : nil }

  private static func money(_ random: inout Xorshift) -> Money { Sample.money(.random(in: .min ... .max, using: &random)) }

  private static func timeIfAny(_ random: inout Xorshift) -> Timestamp? {
    Bool.random(using: &random) ? Timestamp(milliseconds: .random(in: 0...9_000_000_000_000, using: &random)) : nil
  }

  private static func option(_ random: inout Xorshift) -> AcquirerOptions.Value {
    switch Int.random(in: 0...2, using: &random) {
    case 0: .text(text(&random))
    case 1: .list([.text(text(&random)), .group([:])])
    default: .group([text(&random): .text("x")])
    }
  }

  private static func terms(_ random: inout Xorshift) -> LinkTerms {
    let amount: AmountRule =
      Bool.random(using: &random)
      ? .exactly(money(&random))
      : .between(money(&random), money(&random), suggested: Bool.random(using: &random) ? money(&random) : nil)
    let pairs = (0..<Int.random(in: 0...4, using: &random)).map { _ in (text(&random), text(&random)) }
    let options = (0..<Int.random(in: 0...2, using: &random)).map { _ in (text(&random), option(&random)) }
    return LinkTerms(
      amount: amount, description: text(&random),
      lifetime: Duration(attoseconds: Int128(Int64.random(in: .min ... .max, using: &random)) << 20),
      language: textIfAny(&random), paymentMethod: textIfAny(&random), capture: Bool.random(using: &random) ? .automatic : .manual,
      customer: Customer(id: textIfAny(&random), phone: textIfAny(&random), email: textIfAny(&random), ip: textIfAny(&random)),
      addresses: ShopAddresses(success: textIfAny(&random), failure: textIfAny(&random), back: textIfAny(&random)),
      wantsQR: .random(using: &random), isTest: .random(using: &random), metadata: Dictionary(pairs) { $1 },
      options: AcquirerOptions(Dictionary(options) { $1 }))
  }

  private static func payment(_ ordinal: Int, _ random: inout Xorshift) -> Payment {
    var payment = Payment(
      ordinal: ordinal, id: Bool.random(using: &random) ? Sample.payment(.random(in: 1 ... .max, using: &random)) : nil,
      status: PaymentStatus.allCases.randomElement(using: &random) ?? .paid, createdAt: Sample.start)
    payment.amount = Bool.random(using: &random) ? money(&random) : nil
    payment.captured = .random(in: .min ... .max, using: &random)
    payment.refunded = .random(in: .min ... .max, using: &random)
    payment.method = textIfAny(&random)
    payment.card = Bool.random(using: &random) ? Card(maskedNumber: text(&random), brand: textIfAny(&random)) : nil
    payment.flags = Flag.allCases.filter { _ in Bool.random(using: &random) }
    payment.failure = Bool.random(using: &random) ? Failure(code: text(&random), message: text(&random)) : nil
    payment.paidAt = timeIfAny(&random)
    payment.checkedAt = timeIfAny(&random)
    payment.rejectedAt = timeIfAny(&random)
    payment.captureBy = timeIfAny(&random)
    payment.captureToldAt = timeIfAny(&random)
    payment.changedAt = timeIfAny(&random) ?? Sample.start
    return payment
  }

  private static func state(_ random: inout Xorshift) -> LinkState {
    var state = LinkState(Sample.link("A", operations: Bool.random(using: &random) ? [Sample.operation(1), Sample.operation(2)] : []))
    state.status = LinkStatus.allCases.randomElement(using: &random) ?? .active
    state.sequence = .random(in: 0 ... .max, using: &random)
    state.openings = .random(in: 0...99, using: &random)
    state.payments = (0..<Int.random(in: 0...3, using: &random)).map { payment($0 + 1, &random) }
    state.page =
      Bool.random(using: &random)
      ? PaymentPage(url: text(&random), kind: textIfAny(&random), qr: textIfAny(&random), expiresAt: Sample.start) : nil
    state.seenAt = timeIfAny(&random)
    state.acceptedAt = timeIfAny(&random)
    state.canceledAt = timeIfAny(&random)
    state.askedAt = timeIfAny(&random)
    state.nextLookAt = timeIfAny(&random)
    return state
  }
}

// MARK: - Damage

extension StoredJSONTests {
  /// The document with one member somewhere taken away, renamed, or of another kind.
  private static func damaged(_ tree: JSONTree, _ random: inout Xorshift) -> JSONTree {
    guard case .object(var members) = tree, let name = members.keys.sorted().randomElement(using: &random), let member = members[name]
    else {
      return [.null, .bool(true), .number("7"), .number("1.5"), .text("x"), .list([]), .object([:])].randomElement(using: &random) ?? tree
    }
    switch Int.random(in: 0...5, using: &random) {
    case 0: members[name] = nil
    case 1: members["unknown"] = member
    case 2: members[name] = .null
    default: members[name] = damaged(member, &random)
    }
    return .object(members)
  }

  private static func text(_ tree: JSONTree) -> String {
    switch tree {
    case .null: "null"
    case .bool(let isTrue): "\(isTrue)"
    case .number(let spelling): spelling
    case .text(let text): (try? JSONWriter.text(of: text)) ?? ""
    case .list(let items): "[\(items.map(text).joined(separator: ","))]"
    case .object(let members):
      "{\(members.sorted { $0.key < $1.key }.map { "\(text(.text($0.key))):\(text($0.value))" }.joined(separator: ","))}"
    }
  }
}

private struct Xorshift: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
