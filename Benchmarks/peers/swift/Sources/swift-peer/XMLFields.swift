import Foundation
import FoundationXML

/// The children of the outer element, by name.
final class XMLFields: NSObject, XMLParserDelegate {
  struct Unreadable: Error {}

  private var fields: [String: String] = [:]
  private var depth = 0
  private var text = ""

  static func read(_ document: Data) throws -> [String: String] {
    let reader = XMLFields()
    let parser = XMLParser(data: document)
    parser.delegate = reader
    guard parser.parse() else { throw Unreadable() }
    return reader.fields
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String]
  ) {
    depth += 1
    text = ""
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    if depth == 2 { fields[name] = text }
    depth -= 1
  }
}
