package import HTTPServer
import HTTPTypes
package import Logging
package import Payments

/// Payers who come back from the acquirer's page: `GET, POST /return/{token}/success` and `/failure` (protocol §6, design §4.3).
///
/// Never proof of payment, whatever the fields say: it is a reason to ask the acquirer (at most once per link in a while, and not for
/// long), and then always 303 to the shop's address.
package struct FreedomPayReturns: Routable {
  /// Which of the two addresses.
  private enum Side: String, CaseIterable {
    case success, failure
  }

  private let read: ReadLinks
  private let markSeen: MarkSeen
  private let sync: SyncLink
  private let logger: Logger

  package init(read: ReadLinks, markSeen: MarkSeen, sync: SyncLink, logger: Logger) {
    self.read = read
    self.markSeen = markSeen
    self.sync = sync
    self.logger = logger
  }

  package var routes: [Route] {
    Side.allCases.flatMap { side in
      [HTTPRequest.Method.get, .post].map { method in
        Route(method, "/return/{token}/\(side.rawValue)") { request in await answer(side, request) }
      }
    }
  }

  private func answer(_ side: Side, _ request: Request) async -> Response {
    // What is not a token is found nowhere.
    guard let token = request.parameters["token"].flatMap({ try? Token($0) }) else { return ReturnPage.notFound.response }
    do {
      guard let link = try await read(by: .return, token) else { return ReturnPage.notFound.response }
      await ask(about: link, request)
      return lead(home: link, side)
    } catch {
      logger.error("return not read", metadata: ["request": "\(request.id)", "error": "\(error.code.rawValue)"])
      return ReturnPage.unavailable.response
    }
  }

  /// Asks the acquirer; whatever comes of it, the payer goes on.
  private func ask(about link: PaymentLink, _ request: Request) async {
    do {
      try await markSeen(link)
      _ = try await sync.onReturn(link)
    } catch {
      logger.warning(
        "return not followed up", metadata: ["request": "\(request.id)", "link": "\(link.id)", "error": "\(error.code.rawValue)"])
    }
  }

  private func lead(home link: PaymentLink, _ side: Side) -> Response {
    let address = side == .success ? link.terms.addresses.success : link.terms.addresses.failure
    let target = address.map { ShopAddress.adding(["payment_link_id": link.id.text, "order_id": link.order.text], to: $0) }
    guard let target, PageReading.isWebAddress(target) else {
      return side == .success ? ReturnPage.success.response : ReturnPage.failure.response
    }
    var fields = ReturnFields.common
    fields[.location] = target
    return Response(status: .seeOther, fields: fields)
  }
}
