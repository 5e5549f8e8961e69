import Crypto
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Testing

@testable import Facade

/// The document against the code that it describes. That answers fit their schemas is shown over sockets, in paylinkTests.
struct OpenAPIDocumentTests {
  /// Every operation of the document: `GET /v1/events`.
  static var operations: Set<String> {
    var path = ""
    var operations: Set<String> = []
    for line in OpenAPIDocument.text.split(separator: "\n") {
      if line == "webhooks:" { break }
      if line.hasPrefix("  /"), line.hasSuffix(":") { path = String(line.dropFirst(2).dropLast()) }
      for method in ["get", "post", "put", "patch", "delete"] where line == "    \(method):" {
        operations.insert("\(method.uppercased()) \(path)")
      }
    }
    return operations
  }

  @Test("It names every route of the API, and no other")
  func routes() throws {
    let desk = try Desk()
    // What a browser asks before a call of another origin is no operation of its own.
    let ours = Set(desk.routes.filter { $0.method != .options }.map { "\($0.method.rawValue) \($0.pattern)" })
    // Those of the acquirer's module, which the API does not know.
    let others = Set(
      ["/callbacks/{merchant}/check", "/callbacks/{merchant}/result", "/return/{token}/success", "/return/{token}/failure"].flatMap {
        ["GET \($0)", "POST \($0)"]
      })
    #expect(Self.operations.subtracting(others) == ours)
    #expect(others.isSubset(of: Self.operations))
  }

  @Test("It names every problem code once, and every one has its status")
  func problems() {
    #expect(Set(ProblemCode.all.map(\.text)).count == ProblemCode.all.count)
    for code in ProblemCode.all {
      #expect(OpenAPIDocument.text.contains("    Problem\(code.status.code):\n"))
      #expect(OpenAPIDocument.text.contains("`\(code.text)`"))
    }
  }

  @Test("docs/api.md was made from it: `make api-reference` does it again")
  func reference() throws {
    let page = try String(
      contentsOfFile: #filePath.replacing("Tests/FacadeTests/OpenAPIDocumentTests.swift", with: "docs/api.md"), encoding: .utf8)
    #expect(
      page.contains(
        SHA256.hash(data: Array(OpenAPIDocument.text.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()))
    for operation in Self.operations { #expect(page.contains("### \(operation)\n")) }
  }

  @Test("It is the same bytes over HTTP, for everybody")
  func served() async throws {
    let answer = try await Desk().call(.get, "/openapi.yaml", key: nil)
    #expect(answer.status == 200)
    #expect(answer.fields[.contentType] == "application/yaml")
    #expect(answer.text == OpenAPIDocument.text)
    #expect(!answer.text.contains("\t"))
    #expect(answer.text.split(separator: "\n").allSatisfy { $0.last != " " })
  }
}
