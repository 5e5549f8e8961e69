import HTTPServer
import Testing

@testable import FreedomPay

/// Random numbers that are the same in every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite("Broken bytes")
struct BrokenBytesTests {
  static let signed = Signature.sign(
    message(["pg_amount": "150000.00", "pg_order_id": "A1001", "pg_description": "Счёт 1", "own": ["a": "1", "b": "2"], "pg_result": "1"]),
    script: ScriptName("result"), secret: Fixture.secret)

  /// The bytes with one to three of them changed, cut out, or doubled.
  func broken(_ bytes: [UInt8], _ random: inout SeededNumbers) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes.remove(at: place)
      default: bytes.insert(bytes[place], at: place)
      }
    }
    return bytes
  }

  /// What is signed: values in their order.
  func values(_ fields: Fields) -> Set<[String]> { Set(SignedOrder.allCases.map { $0.values(of: fields) }) }

  @Test("a broken form never crashes the reader, and verifies only when the same values come out", arguments: FormEncoding.allCases)
  func forms(_ encoding: FormEncoding) {
    var random = SeededNumbers(state: 7)
    let verifier = SignatureVerifier(script: ScriptName("result"), secrets: SecretKeys(current: Fixture.secret))
    let body = encoding.body(of: Self.signed)
    var refused = 0
    for _ in 0..<3_000 {
      let request = posted((body.contentType, broken(body.bytes, &random)))
      guard let fields = try? CallbackMessage(request).fields, case .verified = verifier.verify(fields) else {
        refused += 1
        continue
      }
      #expect(!values(fields).isDisjoint(with: values(Self.signed)))
    }
    #expect(refused > 1_000)
  }

  @Test("a broken document never crashes the reader, and verifies only when the same values come out")
  func documents() {
    var random = SeededNumbers(state: 11)
    let verifier = SignatureVerifier(script: ScriptName("result"), secrets: SecretKeys(current: Fixture.secret))
    let document = XMLWriter.document(Self.signed)
    var refused = 0
    for _ in 0..<3_000 {
      guard let fields = try? XMLReader.fields(broken(document, &random)), case .verified = verifier.verify(fields) else {
        refused += 1
        continue
      }
      #expect(!values(fields).isDisjoint(with: values(Self.signed)))
    }
    #expect(refused > 1_000)
  }
}
