import HTTPServer
import HTTPTypes
import Payments

extension Facade {
  /// `GET /p/{token}`: to the acquirer's page while one can be paid, otherwise a page that says the link's state. HEAD answers the same and marks nothing.
  @Sendable func openShortLink(_ request: Request) async -> Response {
    do throws(StoreError) {
      guard let link = try await linkByShortToken(request) else { return statePage.response(.notFound, language: nil, request) }
      let state = LinkState(link, door: fresh.door(of: link), now: clock.now())
      guard case .payable(let url) = state else { return statePage.response(state, language: link.terms.language, request) }
      if request.head.method != .head { await note(link, request) }
      return Self.leading(to: url, .found)
    } catch {
      _ = failed(error, request)
      return statePage.response(.unavailable, language: nil, request)
    }
  }

  /// `POST /p/{token}`, the button of the state page: opens a fresh page where the last one is over, and leads to it. Whoever comes while one can be paid is led to
  /// that. It takes no body and no credentials: all it can do is what the shop's link promises anyway, once.
  @Sendable func renewShortLink(_ request: Request) async -> Response {
    do throws(StoreError) {
      guard let link = try await linkByShortToken(request) else { return statePage.response(.notFound, language: nil, request) }
      let language = link.terms.language
      switch try await fresh(link) {
      case .open(_, let url): return Self.leading(to: url, .seeOther)
      case .opening: return statePage.response(.creating, language: language, request)
      case .refused: return statePage.response(.failed, language: language, request)
      case .notSent: return statePage.response(.unavailable, language: language, request)
      case .shut(let link):
        return statePage.response(LinkState(link, door: fresh.door(of: link), now: clock.now()), language: language, request)
      }
    } catch {
      _ = failed(error, request)
      return statePage.response(.unavailable, language: nil, request)
    }
  }

  private func linkByShortToken(_ request: Request) async throws(StoreError) -> PaymentLink? {
    guard let token = try? Token(request.parameters["token"] ?? "") else { return nil }
    return try await read(by: .short, token)
  }

  private static func leading(to url: String, _ status: HTTPResponse.Status) -> Response {
    Response(status: status, fields: [.location: url, .cacheControl: "no-store", .referrerPolicy: "no-referrer"])
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
  /// The link is offered still, its page is over, and a fresh one may be opened.
  case renewable
  /// Its page is over, and no other can be opened now.
  case pageEnded
  /// Somebody may be paying: no other page is opened meanwhile.
  case paying
  case paid, review, expired, canceled, failed
  case notFound
  /// The books do not answer.
  case unavailable

  /// - Parameter door: what stands behind the short address.
  init(_ link: PaymentLink, door: PaymentLink.Door, now: Timestamp) {
    switch link.status {
    case .creating: self = .creating
    case .active where now >= link.expiresAt: self = .expired
    case .active:
      switch door {
      case .open(let url): self = .payable(url)
      case .renewable: self = .renewable
      case .opening: self = .creating
      case .paying: self = .paying
      case .shut: self = .pageEnded
      }
    case .completed: self = .paid
    case .review: self = .review
    case .failed: self = .failed
    case .expired: self = .expired
    case .canceled: self = .canceled
    }
  }

  /// Whether it will be another one soon.
  var isPassing: Bool { self == .creating || self == .paying }

  var status: HTTPResponse.Status {
    switch self {
    case .payable: .found
    case .creating: .accepted
    case .paid, .review, .renewable, .pageEnded, .paying: .ok
    case .expired, .canceled, .failed: .gone
    case .notFound: .notFound
    case .unavailable: .serviceUnavailable
    }
  }
}
