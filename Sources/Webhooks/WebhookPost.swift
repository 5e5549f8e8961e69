package import HTTPClient
import HTTPTypes
package import Payments

/// One POST to a shop: no redirect is followed, no proxy used, the answer's body is not kept. The bounds of time are those of design §4.7.
package struct WebhookPost: Sendable {
  package struct Limits: Sendable, Equatable {
    /// For a connection to stand.
    package var connect: Duration
    /// For the whole call.
    package var whole: Duration

    package init(connect: Duration = .seconds(5), whole: Duration = .seconds(15)) {
      self.connect = connect
      self.whole = whole
    }
  }

  /// What is read of an answer's body, before it is let go: enough for the connection to be used again after usual answers.
  static let answerLimit = 16 * 1024

  /// A client for public addresses, and one for any.
  let callers: (public: any HTTPCaller, any: any HTTPCaller)
  package let limits: Limits

  /// - Parameters:
  ///   - publicCaller: its configuration allows public addresses only.
  ///   - anyCaller: for endpoints that allow private ones.
  package init(publicCaller: any HTTPCaller, anyCaller: any HTTPCaller, limits: Limits = Limits()) {
    callers = (publicCaller, anyCaller)
    self.limits = limits
  }

  /// - Parameter bodyRate: bytes a second, where the body is to come slowly.
  package func send(
    _ message: SignedMessage, to address: WebhookAddress, allowsPrivate: Bool, bodyRate: Int? = nil
  ) async -> DeliveryAnswer {
    let request = HTTPClientRequest(
      method: .post, url: address.text, fields: message.fields, body: message.body, connectTimeout: min(limits.connect, limits.whole),
      timeout: limits.whole, answerLimit: Self.answerLimit, keepsAnswer: false, bodyRate: bodyRate)
    do throws(HTTPClientError) {
      let answer = try await (allowsPrivate ? callers.any : callers.public).send(request)
      return DeliveryAnswer(.answered(status: answer.status), retryAfter: answer.fields[.retryAfter].flatMap(RetryAfter.init)?.wait)
    } catch {
      return DeliveryAnswer(Self.failure(error.code).map { .failed($0) })
    }
  }

  /// nil where we gave up ourselves.
  private static func failure(_ code: HTTPClientError.Code) -> DeliveryFailure? {
    switch code {
    case .canceled: nil
    case .connect: .connect
    case .addressRefused: .addressRefused
    case .tls: .tls
    case .timeout: .timeout
    case .connectionLost: .connectionLost
    case .malformedAnswer, .answerTooLarge: .malformedAnswer
    case .overloaded: .overloaded
    case .invalidRequest: .invalidRequest
    }
  }
}
