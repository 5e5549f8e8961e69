import HTTPTypes
import Testing

@testable import HTTPServer

/// Accept-Encoding (RFC 9110 §12.5.3).
@Suite("Content codings that clients take") struct AcceptedCodingTests {
  struct Case: CustomTestStringConvertible {
    let values: [String]
    let wanted: AcceptedCoding
    init(_ values: String..., is wanted: AcceptedCoding) { (self.values, self.wanted) = (values, wanted) }
    var testDescription: String { "\(values)" }
  }

  static let cases = [
    // Not said, or nothing wanted.
    Case(is: .identity), Case("", is: .identity), Case(" ", is: .identity), Case(",", is: .identity), Case("", "", is: .identity),
    // Named.
    Case("gzip", is: .gzip), Case("GZip", is: .gzip), Case("x-gzip", is: .gzip), Case("X-GZIP;q=0.1", is: .gzip),
    Case("gzip, deflate, br, zstd", is: .gzip), Case(" \tgzip\t ", is: .gzip), Case(",,gzip,,", is: .gzip),
    Case("deflate, br", is: .identity), Case("gzipped", is: .identity), Case("xgzip", is: .identity), Case("identity", is: .identity),
    // Over several fields.
    Case("br", "gzip", is: .gzip), Case("gzip", "identity;q=0", is: .gzipOnly), Case("gzip", "gzip;q=0", is: .identity),
    Case("gzip;q=0, x-gzip", is: .identity),
    // Weights.
    Case("gzip;q=1", is: .gzip), Case("gzip;q=1.", is: .gzip), Case("gzip;q=1.000", is: .gzip), Case("gzip;q=0.001", is: .gzip),
    Case("gzip;Q=0.5", is: .gzip), Case("gzip ; q=0.5", is: .gzip), Case("gzip\t;\tq=0.5", is: .gzip),
    Case("gzip;q=0", is: .identity), Case("gzip;q=0.", is: .identity), Case("gzip;q=0.0", is: .identity),
    Case("gzip;q=0.000", is: .identity),
    // Against no coding.
    Case("gzip;q=0.5, identity", is: .identity), Case("identity;q=0.5, gzip;q=0.5", is: .gzip),
    Case("identity;q=0.501, gzip;q=0.5", is: .identity),
    Case("gzip, identity;q=0", is: .gzipOnly), Case("gzip;q=0.001, identity;q=0.000", is: .gzipOnly), Case("identity;q=0", is: .identity),
    // The asterisk stands for what is not named.
    Case("*", is: .gzip), Case("*;q=0.1", is: .gzip), Case("*;q=0", is: .identity), Case("gzip, *;q=0", is: .gzipOnly),
    Case("gzip;q=0, *", is: .identity), Case("identity, *;q=0.5", is: .identity), Case("identity;q=0, *", is: .gzipOnly),
    Case("gzip;q=0.5, *;q=1", is: .identity), Case("br, *;q=0, gzip;q=0.2", is: .gzipOnly), Case("gzip, identity;q=0.1, *;q=0", is: .gzip),
    Case("gzip;q=0, identity;q=0", is: .identity),
    // What cannot be read counts for nothing.
    Case("gzip;q=", is: .identity), Case("gzip;q", is: .identity), Case("gzip;", is: .identity), Case("gzip;q=1.001", is: .identity),
    Case("gzip;q=2", is: .identity), Case("gzip;q=0.5555", is: .identity), Case("gzip;q=-1", is: .identity),
    Case("gzip;q=.5", is: .identity),
    Case("gzip;q=0,5", is: .identity), Case("gzip;q= 1", is: .identity), Case("gzip;q=1;x=y", is: .identity),
    Case("gzip;level=9", is: .identity),
    Case("gzip q=1", is: .identity), Case("\"gzip\"", is: .identity), Case("gzip;q=0.1x", is: .identity), Case("gzip;q=10", is: .identity),
    Case(";q=1", is: .identity), Case("gzip;q=x, x-gzip;q=0.5", is: .gzip),
  ]

  @Test("Each way of saying it is understood", arguments: cases) func accepted(_ each: Case) {
    var fields = HTTPFields()
    for value in each.values { fields.append(HTTPField(name: .acceptEncoding, value: value)) }
    #expect(AcceptedCoding(RequestFields(fields)) == each.wanted)
  }
}
