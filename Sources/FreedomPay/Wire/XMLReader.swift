import CExpat

/// Why a text is not a message in XML.
struct XMLError: Error, Equatable {
  enum Code: Equatable {
    /// Longer than the bound.
    case tooLarge
    /// Elements inside elements beyond the bound.
    case tooDeep
    /// A document type declaration: the door of every entity bomb and of every external entity.
    case doctype
    /// Not well-formed, not in a known encoding, or text between elements.
    case malformed
  }

  var code: Code
}

/// Reads `<response><pg_status>ok</pg_status>…</response>` into fields, whatever the outer element is called (protocol §2.4).
///
/// libexpat parses; any DOCTYPE stops it (design §2). Attributes are not part of a message. An element with elements inside is nested
/// fields, any other is a text, kept exactly.
enum XMLReader {
  /// Elements inside elements, the outer one counted (design §4.7).
  static let depthLimit = 16
  /// Bytes of a document (design §4.7).
  static let sizeLimit = 1 << 20

  static func fields(_ document: [UInt8]) throws(XMLError) -> Fields {
    guard document.count <= sizeLimit else { throw XMLError(code: .tooLarge) }
    guard let parser = unsafe XML_ParserCreate(nil) else { throw XMLError(code: .malformed) }
    defer { unsafe XML_ParserFree(parser) }
    let builder = XMLTreeBuilder()
    // The parser hands this pointer to the handlers; both live until this function returns, and nothing keeps the parser.
    unsafe XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
    unsafe XML_SetElementHandler(
      parser,
      { data, name, _ in
        guard let builder = unsafe XMLTreeBuilder.from(data), let name = unsafe name else { return }
        unsafe builder.open(String(cString: name))
      },
      { data, _ in unsafe XMLTreeBuilder.from(data)?.close() })
    unsafe XML_SetCharacterDataHandler(parser) { data, text, length in
      guard let builder = unsafe XMLTreeBuilder.from(data), let text = unsafe text else { return }
      // libexpat gives `length` bytes of UTF-8 that are valid for this call; `text` copies them.
      let bytes = unsafe UnsafeRawBufferPointer(start: text, count: Int(length))
      unsafe builder.text(bytes)
    }
    unsafe XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in unsafe XMLTreeBuilder.from(data)?.refuse(.doctype) }
    builder.stop = { unsafe _ = XML_StopParser(parser, XML_Bool(XML_FALSE)) }
    defer { builder.stop = {} }

    let status = unsafe document.withUnsafeBytes { bytes in
      unsafe XML_Parse(parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), 1)
    }
    if let refusal = builder.refusal { throw XMLError(code: refusal) }
    guard status == XML_STATUS_OK, let root = builder.root else { throw XMLError(code: .malformed) }
    return root
  }
}

/// The elements that are open, while libexpat walks. Used by one parse on one thread.
private final class XMLTreeBuilder {
  private struct Element {
    var name: String
    var fields: [Fields.Field] = []
    var text: [UInt8] = []
  }

  private var open: [Element] = []
  private(set) var root: Fields?
  private(set) var refusal: XMLError.Code?
  /// Stops the parse that feeds this builder.
  var stop: () -> Void = {}

  /// The builder behind the pointer that `XMLReader` gave to libexpat.
  static func from(_ data: UnsafeMutableRawPointer?) -> XMLTreeBuilder? {
    unsafe data.map { unsafe Unmanaged<XMLTreeBuilder>.fromOpaque($0).takeUnretainedValue() }
  }

  func open(_ name: String) {
    guard open.count < XMLReader.depthLimit else { return refuse(.tooDeep) }
    open.append(Element(name: name))
  }

  func text(_ bytes: UnsafeRawBufferPointer) {
    guard !open.isEmpty else { return }
    unsafe open[open.count - 1].text.append(contentsOf: bytes)
  }

  func close() {
    guard refusal == nil, let element = open.popLast() else { return }
    let isNested = !element.fields.isEmpty
    guard !isNested || element.text.allSatisfy(Self.isBlank) else { return refuse(.malformed) }
    guard !open.isEmpty else {
      // An outer element without elements is an empty message, or none at all.
      guard isNested || element.text.allSatisfy(Self.isBlank) else { return refuse(.malformed) }
      root = Fields(element.fields)
      return
    }
    let value: Fields.Value = isNested ? .nested(Fields(element.fields)) : .text(String(decoding: element.text, as: UTF8.self))
    open[open.count - 1].fields.append(Fields.Field(element.name, value))
  }

  /// Remembers the first reason and stops the parse.
  func refuse(_ code: XMLError.Code) {
    guard refusal == nil else { return }
    refusal = code
    stop()
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }
}
