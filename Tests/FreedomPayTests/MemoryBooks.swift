import Payments
import PaymentsTesting
import Synchronization

/// The books in memory, as much of them as the tests of this room need.
final class MemoryBooks: PartialStore {
  struct Contents {
    var links: [LinkID: PaymentLink] = [:]
    var messages: [MessageRecord] = []
    var events: [Event] = []
    var answers: [String: Verdict] = [:]
    var failure: StoreError?
  }

  private let contents: Mutex<Contents>

  init(_ links: [PaymentLink] = []) {
    contents = Mutex(Contents(links: Dictionary(uniqueKeysWithValues: links.map { ($0.id, $0) })))
  }

  var messages: [MessageRecord] { contents.withLock { $0.messages } }
  var events: [Event] { contents.withLock { $0.events } }
  func now(_ id: LinkID) -> PaymentLink? { contents.withLock { $0.links[id] } }
  /// From now on every access fails so; nil mends it.
  func fail(_ error: StoreError?) { contents.withLock { $0.failure = error } }

  func perform<Unit: UnitOfWork>(_ unit: Unit) async throws(StoreError) -> Unit.Outcome {
    try access { contents in
      let scope = unit.scope
      let links = contents.links.values.filter { link in
        link.merchant == scope.merchant
          && (link.id == scope.link || link.order == scope.order || link.payments.contains { $0.id != nil && $0.id == scope.payment })
      }
      let decision = unit.decide(
        Snapshot(links: links.sorted { $0.createdAt > $1.createdAt }, answer: scope.answerDigest.flatMap { contents.answers[$0] }))
      for link in decision.changes.updated { contents.links[link.id] = link }
      contents.events += decision.changes.events
      if let message = decision.changes.message {
        contents.messages.append(message)
        if message.isRemembered, message.source == .result { contents.answers[message.evidence.digest] = message.verdict }
      }
      return decision.outcome
    }
  }

  func link(_ id: LinkID) async throws(StoreError) -> PaymentLink? { try access { $0.links[id] } }

  func link(by token: TokenKind, _ value: Token) async throws(StoreError) -> PaymentLink? {
    try access { contents in
      contents.links.values.first { link in
        switch token {
        case .client: link.tokens.client == value
        case .short: link.tokens.short == value
        case .return: link.tokens.return == value
        }
      }
    }
  }

  private func access<Value>(_ body: (inout Contents) -> Value) throws(StoreError) -> Value {
    let result: Result<Value, StoreError> = contents.withLock { contents in
      if let failure = contents.failure { return .failure(failure) }
      return .success(body(&contents))
    }
    return try result.get()
  }
}
