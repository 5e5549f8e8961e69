import FoundationEssentials
import Testing

@testable import JSON

/// What we write and read, held against Foundation's coders.
struct JSONWriterTests {
  /// Every way in which our values become JSON.
  struct Sample: Codable, Equatable {
    enum Choice: Codable, Equatable {
      case one(Int64)
      case pair(String, extra: Bool)
      case none
      indirect case nested([Choice])
    }

    enum Word: String, Codable { case first, second }

    var zebra: String
    var apple: Int64
    var optional: String?
    var missing: Int?
    var isTrue: Bool
    var word: Word
    var choices: [Choice]
    var pairs: [String: String]
    var deep: [String: [String: [Int8]]]
    var duration: Duration
    var empty: [String]
    var nothing: [String: Choice]
    var small: UInt8
    var large: UInt64
  }

  static func sample(_ random: inout Xorshift) -> Sample {
    func text(_ random: inout Xorshift) -> String {
      let pieces = [
        "a", "\"", "\\", "/", "\n", "\r", "\t", "\u{8}", "\u{c}", "\u{0}", "\u{1}", "\u{1f}", "\u{7f}", "é", "Ж", "😀", "\u{2028}", " ", "0",
      ]
      return (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }
    func choice(_ random: inout Xorshift, _ depth: Int = 0) -> Sample.Choice {
      switch Int.random(in: 0..<(depth > 3 ? 3 : 4), using: &random) {
      case 0: .one(Int64.random(in: .min ... .max, using: &random))
      case 1: .pair(text(&random), extra: Bool.random(using: &random))
      case 2: .none
      default: .nested((0..<Int.random(in: 0...3, using: &random)).map { _ in choice(&random, depth + 1) })
      }
    }
    func pairs(_ random: inout Xorshift) -> [String: String] {
      Dictionary((0..<Int.random(in: 0...5, using: &random)).map { _ in (text(&random), text(&random)) }) { $1 }
    }
    return Sample(
      zebra: text(&random), apple: Int64.random(in: .min ... .max, using: &random),
      optional: Bool.random(using: &random) ? text(&random) : nil,
      missing: nil, isTrue: Bool.random(using: &random), word: Bool.random(using: &random) ? .first : .second,
      choices: (0..<Int.random(in: 0...4, using: &random)).map { _ in choice(&random) }, pairs: pairs(&random),
      deep: ["b": ["y": [1, -2], "x": []], "a": [:]], duration: .milliseconds(Int64.random(in: -9_000_000...9_000_000, using: &random)),
      empty: [], nothing: [:], small: .max, large: .max)
  }

  @Test("What we write Foundation reads as the same value, and writes as the same bytes")
  func writing() throws {
    var random = Xorshift(state: 0x9E37_79B9_7F4A_7C15)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for _ in 0..<500 {
      let sample = Self.sample(&random)
      let bytes = try JSONWriter.bytes(of: sample)
      #expect(try JSONDecoder().decode(Sample.self, from: Data(bytes)) == sample)
      #expect(String(decoding: bytes, as: UTF8.self) == String(decoding: try encoder.encode(sample), as: UTF8.self))
    }
  }

  @Test("What Foundation and we write we read as the same value")
  func reading() throws {
    var random = Xorshift(state: 0x0DDB_1A5E_5BAD_5EED)
    for _ in 0..<500 {
      let sample = Self.sample(&random)
      #expect(try JSONReader.value(Sample.self, from: JSONWriter.text(of: sample)) == sample)
      #expect(try JSONReader.value(Sample.self, from: String(decoding: JSONEncoder().encode(sample), as: UTF8.self)) == sample)
    }
  }

  @Test("Plain values are documents by themselves, and members stand in the order of their names")
  func plain() throws {
    #expect(try JSONWriter.text(of: "a/\"b") == #""a/\"b""#)
    #expect(try JSONWriter.text(of: [Int?.some(1), nil]) == "[1,null]")
    #expect(try JSONWriter.text(of: ["b": ["d": 1, "c": 2], "a": [:]]) == #"{"a":{},"b":{"c":2,"d":1}}"#)
    #expect(try JSONWriter.text(of: Bool?.none) == "null")
  }

  private struct Late: Encodable {
    enum Key: String, CodingKey { case z, a, m }
    func encode(to encoder: any Encoder) throws {
      var outer = encoder.container(keyedBy: Key.self)
      var inner = outer.nestedContainer(keyedBy: Key.self, forKey: .z)
      try inner.encode(1, forKey: .m)
      var list = inner.nestedUnkeyedContainer(forKey: .a)
      try list.encode("x")
      try list.encode(["y": 2])
      try outer.encode(3, forKey: .a)
    }
  }

  @Test("A container that is left open ends when an outer one is used again")
  func nestedContainers() throws {
    #expect(try JSONWriter.text(of: Late()) == #"{"a":3,"z":{"a":["x",{"y":2}],"m":1}}"#)
  }

  private struct ByHand: Encodable {
    func encode(to encoder: any Encoder) throws {
      var json = JSONObjectWriter(encoder)
      json.add("amount", Int64?.none)
      json.add("count", 3)
      try json.add("list", value: [ByHand.Inner(), nil])
      json.add("name", "x\"y")
      json.add("none", String?.none)
      json.add("some", String?.some("é"))
      json.add("true", true)
    }

    struct Inner: Encodable {
      func encode(to encoder: any Encoder) throws {
        var json = JSONObjectWriter(encoder)
        try json.add("empty", value: [String: String]())
      }
    }
  }

  @Test("An object that is written by hand stands among others like any other")
  func byHand() throws {
    #expect(
      try JSONWriter.text(of: ["b": ByHand(), "a": ByHand()])
        == #"{"a":X,"b":X}"#.replacing(
          "X", with: #"{"amount":null,"count":3,"list":[{"empty":{}},null],"name":"x\"y","none":null,"some":"é","true":true}"#))
  }

  @Test("A number with a fraction is refused, and so is what was not written for the type")
  func refused() {
    #expect(throws: EncodingError.self) { try JSONWriter.text(of: 1.5) }
    #expect(throws: EncodingError.self) { try JSONWriter.text(of: ["a": Float(1)]) }
    let wrong = ["1.0", "1e2", "\"1\"", "9223372036854775808", "null", "true", "[1]", "{}", ""]
    for text in wrong { #expect(throws: (any Error).self) { try JSONReader.value(Int64.self, from: text) } }
    #expect(throws: (any Error).self) { try JSONReader.value([String: String].self, from: #"{"a":1}"#) }
    #expect(throws: (any Error).self) { try JSONReader.value([String: String].self, from: #"{"a":"1","a":"2"}"#) }
    #expect(throws: (any Error).self) { try JSONReader.value([Int8].self, from: "[128]") }
    #expect(throws: (any Error).self) { try JSONReader.value([Int8?].self, from: String(repeating: "[", count: 65)) }
  }
}
