import HTTPServer
import HTTPTypes
import Logging
import Payments
import QRCode

extension Facade {
  enum Picture: Sendable {
    case svg, png
  }

  /// `GET /v1/payment-links/{id}/qr.svg` and `qr.png`: the short address as a QR code, for whoever may read the link.
  func picture(_ request: Request, _ kind: Picture) async throws(Problem) -> Response {
    let link = try await linkToRead(request).0
    let code: QRCode
    do throws(QRCodeError) {
      code = try QRCode(link.shortURL(configuration.publicURL))
    } catch {
      logger.error("picture failed", metadata: ["request": "\(request.id)", "link": "\(link.id)", "error": "\(error)"])
      throw Problem(.http(.internalError), "The picture could not be made.")
    }
    return switch kind {
    case .svg: Self.shown("image/svg+xml", Array(code.svg().utf8))
    case .png: Self.shown("image/png", code.png())
    }
  }

  private static func shown(_ type: String, _ bytes: [UInt8]) -> Response {
    Response(status: .ok, fields: [.contentType: type, .cacheControl: "no-store"], body: .bytes(bytes))
  }
}
