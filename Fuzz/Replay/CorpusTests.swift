import FoundationEssentials
import Testing

/// Feeds every reader its corpus, the seeds and what fuzzing found, and a few thousand changes of it that are the same in every run.
@Suite("Corpora") struct CorpusTests {
  static let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/") + "/Corpora"

  static func corpus(_ target: String) throws -> [(name: String, bytes: [UInt8])] {
    try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(target)").sorted().map { name in
      (name, Array(try Data(contentsOf: URL(filePath: "\(folder)/\(target)/\(name)"))))
    }
  }

  @Test("Every reader has a corpus, and every corpus a reader") func complete() throws {
    #expect(try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted() == FuzzTarget.all.map(\.name).sorted())
    for target in FuzzTarget.all { #expect(try Self.corpus(target.name).count > 2, "\(target.name)") }
  }

  @Test("What a reader was fed before keeps its properties", arguments: FuzzTarget.all.indices) func replay(_ index: Int) throws {
    let target = FuzzTarget.all[index]
    for (name, bytes) in try Self.corpus(target.name) {
      #expect(throws: Never.self, "\(target.name)/\(name)") { try target.check(bytes) }
    }
  }

  static let changesOfEach = 100

  @Test("Changed in up to four places it keeps them too", arguments: FuzzTarget.all.indices) func changed(_ index: Int) throws {
    let target = FuzzTarget.all[index]
    var random = Mutations(state: 20_261_125)
    for (name, bytes) in try Self.corpus(target.name) {
      for _ in 0..<Self.changesOfEach {
        let changed = random.change(bytes)
        #expect(throws: Never.self, "\(target.name)/\(name): \(changed)") { try target.check(changed) }
      }
    }
  }
}

/// Changes of bytes, the same in every run (SplitMix64).
struct Mutations: RandomNumberGenerator {
  var state: UInt64

  private static let pieces: [[UInt8]] = [
    "\r\n", "\r", "\n", "\0", " ", ":", ";", "=", "&", "%", "\"", "\\", "--XX", "0", "f", "<", ">", "{", "}", "[", "]", ",", "é",
  ]
  .map { Array($0.utf8) }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  mutating func change(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &self)
      switch Int.random(in: 0..<5, using: &self) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &self)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(contentsOf: bytes[place..<min(place + 8, bytes.count)], at: place)
      default: bytes.insert(contentsOf: Self.pieces.randomElement(using: &self) ?? [], at: place)
      }
    }
    return bytes
  }
}
