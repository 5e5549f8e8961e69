package import Payments
import Synchronization

/// An acquirer that answers what a test wrote down, in order; the last answer stays, with the next number for each further link, as no two
/// links share a payment. It remembers what it was asked.
package final class ScriptedAcquirer: Acquirer {
  private struct Script {
    var pages: [PageAnswer]
    var statuses: [StatusAnswer]
    var faults: [TermsFault]
    var operationAnswers: [OperationAnswer] = [.unknown("not scripted")]
    var operations: [OperationRequest] = []
    var requests: [PageRequest] = []
    var queries: [StatusQuery] = []
    /// The links that the last page answer was given to, in order.
    var lastServed: [LinkID] = []
  }

  private let script: Mutex<Script>
  package let callLimit: Duration = .seconds(20)
  package let longestPageLife: Duration = .seconds(604_800)

  package init(pages: [PageAnswer], statuses: [StatusAnswer] = [.notFound], faults: [TermsFault] = []) {
    script = Mutex(Script(pages: pages, statuses: statuses, faults: faults))
  }

  package var requests: [PageRequest] { script.withLock { $0.requests } }
  package var queries: [StatusQuery] { script.withLock { $0.queries } }

  package func answer(pages: [PageAnswer]) { script.withLock { ($0.pages, $0.lastServed) = (pages, []) } }
  package func answer(statuses: [StatusAnswer]) { script.withLock { $0.statuses = statuses } }

  package var operations: [OperationRequest] { script.withLock { $0.operations } }
  package func answer(operations: [OperationAnswer]) { script.withLock { $0.operationAnswers = operations } }

  package func operate(_ request: OperationRequest) async -> OperationAnswer {
    script.withLock {
      $0.operations.append(request)
      return $0.operationAnswers.count > 1 ? $0.operationAnswers.removeFirst() : $0.operationAnswers[0]
    }
  }

  package func faults(in terms: LinkTerms, order: OrderID) -> [TermsFault] { script.withLock { $0.faults } }

  package func openPage(_ request: PageRequest) async -> PageAnswer {
    script.withLock {
      $0.requests.append(request)
      guard $0.pages.count == 1, case .opened(let id, let page) = $0.pages[0] else {
        return $0.pages.count > 1 ? $0.pages.removeFirst() : $0.pages[0]
      }
      if !$0.lastServed.contains(request.link.id) { $0.lastServed.append(request.link.id) }
      let place = $0.lastServed.firstIndex(of: request.link.id) ?? 0
      return (try? PaymentID(id.number + Int64(place))).map { .opened($0, page) } ?? $0.pages[0]
    }
  }

  package func status(_ query: StatusQuery, within limit: Duration) async -> StatusAnswer {
    script.withLock {
      $0.queries.append(query)
      return $0.statuses.count > 1 ? $0.statuses.removeFirst() : $0.statuses[0]
    }
  }
}
