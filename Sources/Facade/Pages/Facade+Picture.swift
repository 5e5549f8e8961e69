import HTTPServer
import HTTPTypes
import Payments
import QRCode

extension Facade {
  enum Picture: Sendable {
    case svg, png
  }

  /// `GET /v1/payment-links/{id}/qr.svg` and `qr.png`: the short address as a QR code, for whoever may read the link.
  func picture(_ request: Request, _ kind: Picture) async throws(Problem) -> Response {
    let (link, view) = try await linkToRead(request)
    let code: QRCode
    do throws(QRCodeError) {
      code = try QRCode(link.shortURL(configuration.publicURL))
    } catch {
      throw Problem(.http(.internalError), "The picture could not be made.")
    }
    var fields = Self.privacy(view)
    fields[.cacheControl] = "no-store"
    switch kind {
    case .svg:
      fields[.contentType] = "image/svg+xml"
      return Response(status: .ok, fields: fields, body: .bytes(Array(code.svg().utf8)))
    case .png:
      fields[.contentType] = "image/png"
      return Response(status: .ok, fields: fields, body: .bytes(code.png()))
    }
  }
}
