/// A route's pattern in its parts: `/v1/payment-links/{id}`.
struct RoutePattern: Equatable {
  enum Segment: Equatable {
    case literal(String)
    case parameter(String)
  }

  let text: String
  let segments: [Segment]

  init(_ text: String) throws(RouterError) {
    self.text = text
    guard text.hasPrefix("/") else { throw RouterError(.invalidPattern, pattern: text, "it does not begin with /") }
    var segments: [Segment] = []
    var names: Set<String> = []
    let pieces = text == "/" ? [] : text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    for (place, piece) in pieces.enumerated() {
      // A slash at the end is a last, empty segment, as it is in requests: `/g2g/payment_page/` is documented with one (protocol §2.1).
      guard !piece.isEmpty || place == pieces.count - 1 else {
        throw RouterError(.invalidPattern, pattern: text, "it has an empty segment")
      }
      guard piece.contains(where: { $0 == "{" || $0 == "}" }) else {
        segments.append(.literal(String(piece)))
        continue
      }
      guard piece.hasPrefix("{"), piece.hasSuffix("}"), Self.isName(piece.dropFirst().dropLast()) else {
        throw RouterError(.invalidPattern, pattern: text, "a parameter is a whole segment, as in {id}, of lowercase letters, digits and _")
      }
      let name = String(piece.dropFirst().dropLast())
      guard names.insert(name).inserted else { throw RouterError(.invalidPattern, pattern: text, "it names {\(name)} twice") }
      segments.append(.parameter(name))
    }
    self.segments = segments
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
  }
}

/// Routes that cannot stand together, or cannot be read. Found when the router is made, so a process that starts has sound routes.
package struct RouterError: Error, Equatable, CustomStringConvertible {
  package enum Code: Sendable {
    case invalidPattern
    case conflict
  }

  package var code: Code
  package var pattern: String
  package var detail: String

  init(_ code: Code, pattern: String, _ detail: String) {
    self.code = code
    self.pattern = pattern
    self.detail = detail
  }

  package var description: String { "route \(pattern): \(detail)" }
}
