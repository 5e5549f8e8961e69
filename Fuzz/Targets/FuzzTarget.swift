/// A reader of bytes from outside, and what must hold of it for any bytes at all.
///
/// libFuzzer feeds it (`make fuzz`), and the suite `CorpusTests` feeds it the seeds and what was found before.
struct FuzzTarget: Sendable {
  /// Names its folder in `Fuzz/Corpora`.
  let name: String
  /// Throws where a property does not hold; a trap in the reader is a finding of its own.
  let check: @Sendable ([UInt8]) throws(BrokenProperty) -> Void

  static let all: [FuzzTarget] = [
    FuzzTarget(name: "head", check: HeadProperty.check), FuzzTarget(name: "chunked", check: ChunkedProperty.check),
    FuzzTarget(name: "multipart", check: MultipartProperty.check), FuzzTarget(name: "urlencoded", check: URLEncodedProperty.checkForm),
    FuzzTarget(name: "query", check: URLEncodedProperty.checkQuery), FuzzTarget(name: "json", check: JSONProperty.check),
    FuzzTarget(name: "xml", check: XMLProperty.check), FuzzTarget(name: "callback", check: CallbackProperty.check),
  ]
}

/// A property that some bytes break.
struct BrokenProperty: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Throws unless something holds.
func require(_ condition: Bool, _ what: @autoclosure () -> String) throws(BrokenProperty) {
  guard condition else { throw BrokenProperty(what()) }
}

/// Places at which to cut some bytes in two: all where they are few, otherwise some that depend on the bytes alone.
func cuts(of bytes: [UInt8]) -> [Int] {
  guard bytes.count > 1 else { return [] }
  if bytes.count <= 24 { return Array(1..<bytes.count) }
  var state = bytes.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
  return (0..<8).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return 1 + Int(state >> 33) % (bytes.count - 1)
  }
}
