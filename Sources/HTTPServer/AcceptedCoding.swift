import HTTPTypes

/// In what content coding a client wants its answer, of the two there are here: gzip and none (RFC 9110 §12.5.3).
///
///     Accept-Encoding: gzip;q=0.8, identity;q=0.5, *;q=0
///
/// A client that does not say is sent none, though it would have to take any: too many say nothing and read nothing. Members that cannot be read count for nothing.
enum AcceptedCoding: Hashable, Sendable {
  case identity
  case gzip
  /// The client refuses an answer without a coding.
  case gzipOnly

  init(_ fields: RequestFields) {
    let weights = Weights(fields[values: .acceptEncoding])
    // An asterisk speaks for every coding that is not named, and no coding at all is one of them.
    let gzip = weights.gzip ?? weights.others ?? 0
    let identity = weights.identity ?? weights.others
    // Neither will do: better an answer that the client may not read than 406, which it reads no better.
    self =
      switch (gzip, identity) {
      case (0, _): .identity
      case (_, nil): .gzip
      case (_, 0): .gzipOnly
      case (let gzip, let identity?): gzip >= identity ? .gzip : .identity
      }
  }

  /// What was said of the codings we have, in thousandths. Of a coding named twice the lower counts: it is refused rather than sent against a refusal.
  private struct Weights {
    var gzip: Int?
    var identity: Int?
    var others: Int?

    init(_ values: [String]) {
      for value in values {
        for member in value.utf8.split(separator: 0x2c) {
          guard let (coding, weight) = Self.member(member) else { continue }
          switch coding {
          // §8.4.1.3: x-gzip is an old name of gzip.
          case "gzip", "x-gzip": gzip = min(gzip ?? weight, weight)
          case "identity": identity = min(identity ?? weight, weight)
          case "*": others = min(others ?? weight, weight)
          default: break
          }
        }
      }
    }

    /// `coding [ OWS ";" OWS "q=" qvalue ]`; nil where it is another thing.
    private static func member(_ text: Substring.UTF8View) -> (coding: String, weight: Int)? {
      let parts = text.split(separator: 0x3b, omittingEmptySubsequences: false).map(trimmed)
      guard parts.count <= 2, let coding = parts.first, !coding.isEmpty, coding.allSatisfy(HeadGrammar.isToken) else { return nil }
      let name = String(Substring(coding)).lowercased()
      guard parts.count == 2 else { return (name, 1000) }
      guard parts[1].first.map({ $0 | 0x20 }) == 0x71, parts[1].dropFirst().first == 0x3d else { return nil }
      return thousandths(parts[1].dropFirst(2)).map { (name, $0) }
    }

    /// qvalue (§12.4.2): `0` or `1`, a point, and up to three digits, which behind 1 are all 0.
    private static func thousandths(_ text: Substring.UTF8View) -> Int? {
      guard let first = text.first, first == 0x30 || first == 0x31 else { return nil }
      let digits = text.dropFirst(2)
      guard text.count == 1 || text.dropFirst().first == 0x2e, digits.count <= 3 else { return nil }
      var value = Int(first - 0x30)
      for place in 0..<3 {
        let digit = place < digits.count ? digits[digits.index(digits.startIndex, offsetBy: place)] : 0x30
        guard (0x30...0x39).contains(digit) else { return nil }
        value = value * 10 + Int(digit - 0x30)
      }
      return value <= 1000 ? value : nil
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
      let start = text.drop { $0 == 0x20 || $0 == 0x09 }
      let end = start.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { start.index(after: $0) } ?? start.startIndex
      return start[..<end]
    }
  }
}
