import FoundationEssentials
import Testing

@testable import JSON

struct JSONTreeTests {
  struct Case: CustomTestStringConvertible {
    var text: String
    var fault: JSONFault?
    var testDescription: String { text.count > 40 ? "\(text.prefix(40))…" : text }
    init(_ text: String, _ fault: JSONFault? = nil) { (self.text, self.fault) = (text, fault) }
  }

  static let cases: [Case] = [
    Case("{}"), Case(" [ ] "), Case("null"), Case("\"a\""), Case("1"), Case("-0"), Case("1.0"), Case("1e3"), Case("-1.5E-7"),
    Case(#"{"a":{"b":[1,"x",true,false,null]}}"#), Case(#"{"a":1,"b":{"a":1}}"#), Case(#""\u00e9\ud83d\ude00\n\"""#), Case(#"":,{}[]""#),
    Case(#"{"a:b":":"}"#), Case(#""\\u0000""#),
    Case("", .malformed), Case("{", .malformed), Case("}", .malformed), Case("{}{}", .malformed), Case("[1,]", .malformed),
    Case(#"{"a":1,}"#, .malformed), Case("[,1]", .malformed), Case("{'a':1}", .malformed), Case("{a:1}", .malformed),
    Case(#"{"a" 1}"#, .malformed), Case("tru", .malformed), Case("nul", .malformed), Case("NaN", .malformed), Case("Infinity", .malformed),
    Case("01", .malformed), Case("1.", .malformed), Case(".5", .malformed), Case("+1", .malformed), Case("-", .malformed),
    Case("1e", .malformed), Case("1-1", .malformed), Case("0x10", .malformed), Case("--1", .malformed), Case("1.2.3", .malformed),
    Case("\"a", .malformed), Case("\"\\", .malformed), Case(#""\x""#, .malformed), Case(#""\u12""#, .malformed),
    Case(#""\ud800""#, .malformed), Case(#""\udc00""#, .malformed), Case(#""\ud800\u0041""#, .malformed),
    Case(#""\ud800\ud800""#, .malformed), Case(#""\ud800x""#, .malformed), Case(#""\ude00\ud83d""#, .malformed),
    Case("\"a\nb\"", .malformed), Case("\"a\u{0}b\"", .malformed), Case("/*x*/{}", .malformed), Case("[1] //", .malformed),
    Case("{}\u{0}", .malformed), Case("1\"a\"", .malformed), Case("\"a\"1", .malformed), Case("[1 2]", .malformed),
    Case(#"{1:2}"#, .malformed), Case(#""a\u0000b""#, .nulCharacter), Case(#"{"\u0000a":1}"#, .nulCharacter),
    Case(#"{"\u00001":1}"#, .nulCharacter),
    Case(#"{"a":1,"a":1}"#, .duplicateMember), Case(#"{"a":1,"\u0061":2}"#, .duplicateMember),
    Case(#"[{"x":{"b":1,"b":null}}]"#, .duplicateMember),
    Case(String(repeating: "[", count: 8) + String(repeating: "]", count: 8)),
    Case(String(repeating: "[", count: 9) + String(repeating: "]", count: 9), .tooDeep),
    Case(#"{"a":[{"a":[{"a":[{"a":[]}]}]}]}"#), Case(#"{"a":[{"a":[{"a":[{"a":[[]]}]}]}]}"#, .tooDeep),
    Case("[[],[],[],[],[],[],[],[],[],[]]"),
    Case(String(repeating: "[", count: 65_536), .tooDeep),
  ]

  @Test("A document is read, or refused for the right reason", arguments: cases)
  func read(_ example: Case) {
    var fault: JSONFault?
    do throws(JSONFault) { _ = try JSONTree(Array(example.text.utf8)) } catch { fault = error }
    #expect(fault == example.fault)
  }

  @Test("Only UTF-8 is JSON: other encodings and broken sequences are refused")
  func encodings() {
    #expect(throws: JSONFault.notUTF8) { _ = try JSONTree([0x22, 0xff, 0x22]) }
    #expect(throws: JSONFault.notUTF8) { _ = try JSONTree([0xfe, 0xff, 0, 0x7b, 0, 0x7d]) }
    #expect(throws: JSONFault.notUTF8) { _ = try JSONTree([0x22, 0xed, 0xa0, 0x80, 0x22]) }
    #expect(throws: JSONFault.malformed) { _ = try JSONTree([0x7b, 0, 0x7d, 0]) }
    #expect(throws: JSONFault.malformed) { _ = try JSONTree([0, 0x7b, 0, 0x7d]) }
  }

  @Test("Values keep their kind, and numbers their spelling")
  func values() throws {
    let tree = try JSONTree(Array(#"{"n":1,"f":1.0,"e":1e3,"z":-0,"t":"1","s":"","b":true,"x":null,"l":[12345678901234567890]}"#.utf8))
    #expect(
      tree
        == .object([
          "n": .number("1"), "f": .number("1.0"), "e": .number("1e3"), "z": .number("-0"), "t": .text("1"), "s": .text(""),
          "b": .bool(true),
          "x": .null, "l": .list([.number("12345678901234567890")]),
        ]))
  }

  @Test("An escape is the character that it names, two surrogates are one")
  func escapes() throws {
    let text = #""\u0041\u0416\u20ac\ud83d\ude00\ud800\udc00\uDBFF\uDFFF\uffff\"\\\/\b\f\n\r\t""#
    #expect(try JSONTree(Array(text.utf8)) == .text("AЖ€😀\u{10000}\u{10ffff}\u{ffff}\"\\/\u{8}\u{c}\n\r\t"))
  }

  @Test("Every way to cut a document short is refused")
  func truncations() throws {
    let whole = Array(#"{"order_id":"A\u00e9","amount":-12.5e+3,"l":[true,null,{"a":"\\"}]}"#.utf8)
    _ = try JSONTree(whole)
    for length in 0..<whole.count { #expect(throws: JSONFault.self) { _ = try JSONTree(Array(whole[..<length])) } }
  }

  /// Any JSON, as Foundation alone reads it.
  private enum Anything: Decodable, Equatable {
    case null
    case bool(Bool)
    case text(String)
    case number(Double)
    case object([String: Anything])
    case list([Anything])

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if value.decodeNil() {
        self = .null
      } else if let isTrue = try? value.decode(Bool.self) {
        self = .bool(isTrue)
      } else if let text = try? value.decode(String.self) {
        self = .text(text)
      } else if let number = try? value.decode(Double.self) {
        self = .number(number)
      } else if let object = try? value.decode([String: Anything].self) {
        self = .object(object)
      } else {
        self = .list(try value.decode([Anything].self))
      }
    }

    init(_ tree: JSONTree) {
      switch tree {
      case .null: self = .null
      case .bool(let isTrue): self = .bool(isTrue)
      case .text(let text): self = .text(text)
      case .number(let spelling): self = .number(Double(spelling) ?? .nan)
      case .object(let members): self = .object(members.mapValues { Anything($0) })
      case .list(let items): self = .list(items.map { Anything($0) })
      }
    }
  }

  @Test("Damaged documents never trap, and what is read Foundation's parser reads the same")
  func damage() throws {
    let seed = Array(#"{"order_id":"A\u00e9","n":[-12,3,{"a":"\\","b":true}],"c":null,"d":{"e":"x\ud83d\ude00\u0416\n\/y"}}"#.utf8)
    let pieces = Array("{}[]:,\"\\ 0-1.e+truelu\n".utf8) + [0, 0xff, 0xc3]
    var random = Xorshift(state: 0x9E37_79B9_7F4A_7C15)
    var read = 0
    for _ in 0..<4000 {
      var bytes = seed
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = pieces[Int.random(in: 0..<pieces.count, using: &random)]
        case 1: bytes.insert(pieces[Int.random(in: 0..<pieces.count, using: &random)], at: place)
        default: bytes.remove(at: place)
        }
      }
      guard let tree = try? JSONTree(bytes) else { continue }
      read += 1
      let theirs = try JSONDecoder().decode(Anything.self, from: Data(bytes))
      #expect(theirs == Anything(tree))
    }
    #expect(read > 100)
  }
}

/// The same numbers in every run.
struct Xorshift: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
