import JSON
import Testing

@testable import Facade

struct FingerprintTests {
  @Test("The fingerprint does not see the order of members or blanks, and sees everything else")
  func fingerprints() throws {
    func print(_ text: String, _ route: String = "POST /a") throws -> String { try JSONTree(Array(text.utf8)).fingerprint(route: route) }
    let first = try print(#"{"a":1,"b":{"c":"x","d":[1,2]}}"#)
    #expect(first.count == 64)
    #expect(try print(" {\"b\": {\"d\":[1, 2],\"c\":\"\\u0078\"},\n\"a\":1}") == first)
    let others = [
      #"{"a":2,"b":{"c":"x","d":[1,2]}}"#, #"{"a":"1","b":{"c":"x","d":[1,2]}}"#, #"{"a":1,"b":{"c":"x","d":[2,1]}}"#,
      #"{"a":1,"b":{"c":"x","d":[1,2]},"e":null}"#, #"{"a":1,"b":{"c":"x"},"d":[1,2]}"#, #"{"a":true,"b":{"c":"x","d":[1,2]}}"#,
    ]
    #expect(Set(try others.map { try print($0) } + [first]).count == others.count + 1)
    #expect(try print(#"{"a":1,"b":{"c":"x","d":[1,2]}}"#, "POST /b") != first)
  }
}
