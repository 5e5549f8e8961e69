import CExpat

/// Reads `<request>…</request>` and `<response>…</response>` through libexpat: any root, elements with text are fields, elements with
/// elements are groups, attributes are passed over. A DOCTYPE ends the reading, so there are no entities to blow up.
enum WireXMLReader {
  enum Failure: Error, Equatable {
    case malformed
    case doctype
    case tooDeep
    case tooLong
  }

  static func read(_ bytes: [UInt8]) throws(Failure) -> WireMessage {
    guard bytes.count <= SandboxLimits.xmlBytes else { throw .tooLong }
    // The parser lives in this function alone; the tree outlives it, since `withExtendedLifetime` keeps it for every callback.
    guard let parser = unsafe XML_ParserCreate(nil) else { throw .malformed }
    defer { unsafe XML_ParserFree(parser) }
    let tree = unsafe WireXMLTree(parser: parser)
    let code = withExtendedLifetime(tree) {
      unsafe XML_SetUserData(parser, Unmanaged.passUnretained(tree).toOpaque())
      unsafe install(on: parser)
      return unsafe bytes.withUnsafeBytes { raw in
        unsafe XML_Parse(parser, raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count), 1)
      }
    }
    if let failure = tree.failure { throw failure }
    guard code == XML_STATUS_OK, let root = tree.root else { throw .malformed }
    return root
  }

  /// The closures are C functions: they find the tree by the user data, which `read` set and keeps alive.
  private static func install(on parser: XML_Parser) {
    unsafe XML_SetElementHandler(
      parser,
      { data, name, _ in
        guard let data = unsafe data, let name = unsafe name else { return }
        unsafe Unmanaged<WireXMLTree>.fromOpaque(data).takeUnretainedValue().start(String(cString: name))
      },
      { data, _ in
        guard let data = unsafe data else { return }
        unsafe Unmanaged<WireXMLTree>.fromOpaque(data).takeUnretainedValue().end()
      })
    unsafe XML_SetCharacterDataHandler(parser) { data, text, count in
      guard let data = unsafe data, let text = unsafe text else { return }
      let bytes = unsafe UnsafeRawBufferPointer(start: text, count: Int(count))
      unsafe Unmanaged<WireXMLTree>.fromOpaque(data).takeUnretainedValue().append(String(decoding: bytes, as: UTF8.self))
    }
    unsafe XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
      guard let data = unsafe data else { return }
      unsafe Unmanaged<WireXMLTree>.fromOpaque(data).takeUnretainedValue().stop(.doctype)
    }
  }
}

/// The elements that are open while expat reads, and the root once it is closed.
@safe private final class WireXMLTree {
  private struct Element {
    var name: String
    var text = ""
    var children = WireMessage()
  }

  /// The owner is `WireXMLReader.read`; it is used only inside its callbacks, while it is alive.
  private let parser: XML_Parser
  private var open: [Element] = []
  private(set) var root: WireMessage?
  private(set) var failure: WireXMLReader.Failure?

  init(parser: XML_Parser) {
    unsafe self.parser = unsafe parser
  }

  func start(_ name: String) {
    guard open.count < SandboxLimits.xmlDepth else { return stop(.tooDeep) }
    open.append(Element(name: name))
  }

  func append(_ text: String) {
    guard !open.isEmpty else { return }
    open[open.count - 1].text += text
  }

  /// Text between the elements of a group is layout, and passed over.
  func end() {
    guard let element = open.popLast() else { return }
    guard !open.isEmpty else { return root = element.children }
    if element.children.fields.isEmpty {
      open[open.count - 1].children.append(element.name, element.text)
    } else {
      open[open.count - 1].children.append(element.name, element.children)
    }
  }

  func stop(_ reason: WireXMLReader.Failure) {
    if failure == nil { failure = reason }
    _ = unsafe XML_StopParser(parser, 0)
  }
}
