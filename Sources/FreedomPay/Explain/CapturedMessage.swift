/// A message somebody caught: pasted from a log, a proxy or a packet capture, with or without what stood around it.
///
///     pg_order_id=1&pg_sig=…            a body or a query, also behind a path or a whole URL
///     --boundary⏎Content-Disposition…   a multipart body; the boundary is its own first line
///     <response>…</response>            an answer or a request in XML, bare or as `pg_xml=`
///     {"pg_order_id": "1", …}           JSON
///     POST /path HTTP/1.1⏎…⏎⏎body       a whole request, or `HTTP/1.1 200 OK` and a whole answer
package struct CapturedMessage: Sendable {
  /// How the fields were written.
  package enum Form: String, Sendable {
    case urlencoded, multipart, xml, json
  }

  package private(set) var form: Form
  /// The message as a careful reader has it, `pg_sig` included.
  package private(set) var fields: Fields
  /// The parameters of the address, where the message came in a body.
  package var query = Fields()
  /// The address or path that was called, without its query, where the capture shows it.
  package private(set) var path: String?
  /// The same fields before percent-decoding, where that is known.
  private(set) var undecoded: Fields?
  /// Whether the bytes were UTF-8. Otherwise the texts were read as Windows-1251.
  private(set) var isUTF8 = true

  /// Bytes of a capture: as many as a document may have (design §4.7).
  package static let sizeLimit = XMLReader.sizeLimit
  /// Fields of a message; more are no message of Freedom Pay.
  static let fieldLimit = 500

  package init(_ bytes: [UInt8]) throws(CaptureError) {
    guard bytes.count <= Self.sizeLimit else { throw CaptureError("is longer than \(Self.sizeLimit) bytes") }
    let bytes = Self.trimmed(bytes)
    guard !bytes.isEmpty else { throw CaptureError("is empty") }
    if let exchange = try CapturedExchange(bytes) {
      try self.init(exchange)
    } else if let target = Self.target(bytes) {
      try self.init(target: target)
    } else {
      try self.init(body: bytes)
    }
    guard !fields.all.isEmpty else { throw CaptureError("holds no field") }
    guard LeafTexts.of(fields).count <= Self.fieldLimit else { throw CaptureError("has more than \(Self.fieldLimit) fields") }
  }

  private init(_ exchange: CapturedExchange) throws(CaptureError) {
    let body = Self.trimmed(exchange.body)
    guard !body.isEmpty else {
      guard let target = exchange.target else { throw CaptureError("is an answer without a body") }
      try self.init(target: target)
      return
    }
    try self.init(body: body)
    guard let target = exchange.target else { return }
    path = Self.path(of: target)
    query = Self.query(of: target)
  }

  /// An address with the message in its query.
  private init(target: String) throws(CaptureError) {
    guard let mark = target.firstIndex(of: "?") else { throw CaptureError("is an address without a query") }
    let query = target[target.index(after: mark)...].prefix { $0 != "#" }
    try self.init(urlencoded: Array(query.utf8))
    path = Self.path(of: target)
  }

  /// A body alone, whose first byte says what it is.
  private init(body: [UInt8]) throws(CaptureError) {
    switch body.first {
    case UInt8(ascii: "<"): try self.init(xml: body)
    case UInt8(ascii: "{"): try self.init(json: body)
    case UInt8(ascii: "-") where body.starts(with: "--".utf8): try self.init(multipart: body)
    default: try self.init(urlencoded: body)
    }
  }

  private init(urlencoded body: [UInt8]) throws(CaptureError) {
    let text = body.first == UInt8(ascii: "?") ? body.dropFirst() : body[...]
    let pieces = text.split(separator: UInt8(ascii: "&"))
    guard pieces.count <= Self.fieldLimit else { throw CaptureError("has more than \(Self.fieldLimit) fields") }
    guard pieces.contains(where: { $0.contains(UInt8(ascii: "=")) }) else {
      throw CaptureError("is no form, query, URL, multipart body, XML, JSON or HTTP message")
    }
    var raw: [(name: [UInt8], value: [UInt8])] = []
    for piece in pieces {
      let end = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
      raw.append((Array(piece[..<end]), Array(piece[end...].dropFirst())))
    }
    try self.init(
      .urlencoded, pairs: raw.map { (PercentCoding.decoded($0.name), PercentCoding.decoded($0.value)) },
      raw: raw.map { (PercentCoding.decoded($0.name), $0.value) })
  }

  private init(multipart body: [UInt8]) throws(CaptureError) {
    try self.init(.multipart, pairs: CapturedMultipart.parts(body), raw: nil)
  }

  /// The fields of a form, or the document inside its only one.
  private init(_ form: Form, pairs: [(name: [UInt8], value: [UInt8])], raw: [(name: [UInt8], value: [UInt8])]?) throws(CaptureError) {
    if pairs.count == 1, pairs[0].name == Array("pg_xml".utf8) {
      try self.init(xml: Self.trimmed(pairs[0].value))
      return
    }
    let isUTF8 = pairs.allSatisfy { TextCoding.utf8.text($0.name) != nil && TextCoding.utf8.text($0.value) != nil }
    let coding: TextCoding = isUTF8 ? .utf8 : .windows1251
    func fields(_ pairs: [(name: [UInt8], value: [UInt8])]) -> Fields {
      FormName.nested(pairs.map { (name: coding.text($0.name) ?? "", text: coding.text($0.value) ?? "") })
    }
    self.init(form: form, fields: fields(pairs), undecoded: raw.map(fields), isUTF8: isUTF8)
  }

  private init(form: Form, fields: Fields, undecoded: Fields?, isUTF8: Bool) {
    self.form = form
    self.fields = fields
    self.undecoded = undecoded
    self.isUTF8 = isUTF8
  }

  private init(xml body: [UInt8]) throws(CaptureError) {
    form = .xml
    isUTF8 = TextCoding.utf8.text(body) != nil
    let text = (isUTF8 ? TextCoding.utf8 : .windows1251).text(body) ?? ""
    guard !text.lowercased().contains("<html") else { throw CaptureError("is an HTML page, no message") }
    do {
      fields = try XMLReader.fields(Array(Self.withoutProlog(text).utf8))
    } catch {
      switch error.code {
      case .doctype: throw CaptureError("is XML with a document type, which is never read")
      case .tooDeep: throw CaptureError("is XML nested deeper than \(XMLReader.depthLimit)")
      case .tooLarge, .malformed: throw CaptureError("is XML that is not well-formed")
      }
    }
  }

  private init(json body: [UInt8]) throws(CaptureError) {
    form = .json
    guard TextCoding.utf8.text(body) != nil else { throw CaptureError("is JSON that is not UTF-8") }
    fields = try CapturedJSON.fields(body)
  }

  /// The text after `<?xml … ?>`: the declared encoding is not asked, the bytes were.
  private static func withoutProlog(_ text: String) -> Substring {
    guard text.hasPrefix("<?xml"), let end = text.firstRange(of: "?>") else { return text[...] }
    return text[end.upperBound...]
  }

  /// A URL, or a path with a query.
  private static func target(_ bytes: [UInt8]) -> String? {
    guard bytes.starts(with: "http://".utf8) || bytes.starts(with: "https://".utf8) || bytes.first == UInt8(ascii: "/") else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  static func path(of target: String) -> String { String(target.prefix { $0 != "?" && $0 != "#" }) }

  /// The parameters of an address; none where there are none that can be read.
  package static func query(of target: String) -> Fields {
    guard let mark = target.firstIndex(of: "?") else { return Fields() }
    let query = target[target.index(after: mark)...].prefix { $0 != "#" }
    return (try? CapturedMessage(urlencoded: Array(query.utf8)))?.fields ?? Fields()
  }

  /// Without byte order mark and the line ends that editors and terminals leave.
  private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    let isBreak = { (byte: UInt8) in byte == 0x0A || byte == 0x0D }
    return Array(text.drop { isBreak($0) || $0 == 0x20 }.reversed().drop(while: isBreak).reversed())
  }
}

/// Why a capture cannot be read: how it is, in words that follow "the message". No part of it is quoted.
package struct CaptureError: Error, Equatable, Sendable {
  package var reason: String

  init(_ reason: String) { self.reason = reason }
}

/// `%41` and `+` (WHATWG URL, application/x-www-form-urlencoded). What is no escape stays as it is.
enum PercentCoding {
  static func decoded(_ bytes: [UInt8], plusIsBlank: Bool = true) -> [UInt8] {
    var decoded: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2]) {
        decoded.append(high << 4 | low)
        index += 3
      } else {
        decoded.append(plusIsBlank && bytes[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : bytes[index])
        index += 1
      }
    }
    return decoded
  }

  private static func digit(_ byte: UInt8) -> UInt8? { Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init) }
}
