import HTTPServer
import HTTPTypes
import Payments

extension Facade {
  /// `GET /p/{token}`: to the acquirer's page while one can be paid, otherwise a page that says the link's state. HEAD answers the same and marks nothing.
  @Sendable func openShortLink(_ request: Request) async -> Response {
    do throws(StoreError) {
      guard let token = try? Token(request.parameters["token"] ?? ""), let link = try await read(by: .short, token) else {
        return statePage.response(.notFound, language: nil, request)
      }
      let state = LinkState(link, now: clock.now())
      guard case .payable(let url) = state else { return statePage.response(state, language: link.terms.language, request) }
      if request.head.method != .head { await note(link, request) }
      return Response(status: .found, fields: [.location: url, .cacheControl: "no-store", .referrerPolicy: "no-referrer"])
    } catch {
      _ = failed(error, request)
      return statePage.response(.unavailable, language: nil, request)
    }
  }

  /// That it was seen only makes Reconcile ask sooner: where it cannot be noted, the payer goes on all the same.
  private func note(_ link: PaymentLink, _ request: Request) async {
    do throws(StoreError) {
      try await seen(link)
    } catch {
      _ = failed(error, request)
    }
  }
}

/// What a payer who comes by the short address is told.
enum LinkState: Hashable, Sendable {
  /// The acquirer's page can be paid: its address.
  case payable(String)
  case creating
  /// The link is offered still, its page is over.
  case pageEnded
  case paid, review, expired, canceled, failed
  case notFound
  /// The books do not answer.
  case unavailable

  init(_ link: PaymentLink, now: Timestamp) {
    switch link.status {
    case .creating: self = .creating
    case .active where now >= link.expiresAt: self = .expired
    case .active:
      if let page = link.page, now < page.expiresAt { self = .payable(page.url) } else { self = .pageEnded }
    case .completed: self = .paid
    case .review: self = .review
    case .failed: self = .failed
    case .expired: self = .expired
    case .canceled: self = .canceled
    }
  }

  var status: HTTPResponse.Status {
    switch self {
    case .payable: .found
    case .creating: .accepted
    case .paid, .review, .pageEnded: .ok
    case .expired, .canceled, .failed: .gone
    case .notFound: .notFound
    case .unavailable: .serviceUnavailable
    }
  }
}
