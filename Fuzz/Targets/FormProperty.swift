@testable import FreedomPay
@testable import HTTPServer

/// Multipart forms, with the boundary XX: what is read has no boundary inside, and written again it is read as the same.
enum MultipartProperty {
  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard let fields = try? HTTPServer.MultipartForm.parse(bytes, boundary: "XX") else { return }
    var written: [UInt8] = []
    for field in fields {
      try require(!field.value.utf8.starts(with: "--XX".utf8), "a value begins with the boundary")
      try require(!Array(field.value.utf8).contains(Array("\r\n--XX".utf8)), "a value holds the boundary")
      let name = field.name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      written += "--XX\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(field.value)\r\n".utf8
    }
    written += "--XX--\r\n".utf8
    // Escapes may make the line of a name longer than its bound.
    guard fields.allSatisfy({ $0.name.utf8.count < 400 }) else { return }
    try require((try? HTTPServer.MultipartForm.parse(written, boundary: "XX")) == fields, "written again it is another form: \(fields)")
  }
}

/// Urlencoded forms and queries: what is read and written again, by the encoder of our own requests, is read as the same.
enum URLEncodedProperty {
  static func checkForm(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard let fields = try? HTTPServer.URLEncodedForm.parse(bytes) else { return }
    try verify(fields)
  }

  /// A query comes out of a request's target: what the target cannot hold never gets here.
  static func checkQuery(_ bytes: [UInt8]) throws(BrokenProperty) {
    let head = Array("GET /?".utf8) + bytes + Array(" HTTP/1.0\r\n\r\n".utf8)
    guard case .read(let read) = HeadProperty.outcome(head, cuts: []), let target = try? RequestTarget(read.path.utf8) else { return }
    try require(target.query != nil && target.segments.isEmpty, "a query became a path: \(target)")
    guard let fields = try? HTTPServer.URLEncodedForm.parse((target.query ?? "").utf8) else { return }
    try verify(fields)
  }

  private static func verify(_ fields: [FormField]) throws(BrokenProperty) {
    let written = FreedomPay.URLEncodedForm.bytes(fields.map { (name: $0.name, text: $0.value) })
    let again = try? HTTPServer.URLEncodedForm.parse(written)
    try require(again == fields, "\(fields) became \(again.map { "\($0)" } ?? "unreadable")")
  }
}
