import HTTPServer
import HTTPTypes

extension Facade {
  private static let document = Array(OpenAPIDocument.text.utf8)

  /// `GET /openapi.yaml`, public: it says nothing of this gateway but what every other has too.
  @Sendable func readDescription(_ request: Request) async -> Response {
    Response(status: .ok, fields: [.contentType: "application/yaml"], body: .bytes(Self.document))
  }
}
