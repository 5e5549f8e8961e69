import FoundationEssentials
import Glibc
import Payments
import Testing

@testable import Storage

/// How fast the books are written, for `PAYLINK_BENCHMARK=1 swift test -c release -Xswiftc -enable-testing --filter StoreBenchmark`.
@Suite("StoreBenchmark", .enabled(if: getenvText("PAYLINK_BENCHMARK") != nil), .serialized)
struct StoreBenchmark {
  struct Kind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: @Sendable (SQLiteStore, String) async throws -> Void
  }

  static let kinds = [
    Kind(testDescription: "idempotency row alone") { store, name in try await store.keepKey(name) },
    Kind(testDescription: "reserve: read order and key; link, payment, key") { store, name in _ = try await store.reserve(name) },
    Kind(testDescription: "reserve, then activate: page, payment, event") { store, name in
      let link = try await store.reserve(name)
      try await store.activate(link)
    },
  ]

  @Test("writes", arguments: kinds, [1, 8, 64, 256])
  func writes(_ kind: Kind, _ writers: Int) async throws {
    try await withStore { store in
      let done = Counter()
      let cpu = processorTime()
      let start = ContinuousClock.now
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<writers {
          group.addTask {
            var index = 0
            while ContinuousClock.now - start < .seconds(3) {
              try await kind.run(store, "W\(writer)-\(index)")
              index += 1
            }
            done.add(index)
          }
        }
        try await group.waitForAll()
      }
      let seconds = Double((ContinuousClock.now - start).wholeMilliseconds) / 1000
      let count = Double(done.value)
      print(
        "BENCH", kind.testDescription, "| writers", writers, "| per s", Int(count / seconds), "| commits per s",
        Int(Double(store.commits) / seconds),
        "| CPU us", Int((processorTime() - cpu) * 1_000_000 / count))
    }
  }
}

extension SQLiteStore {
  fileprivate func keepKey(_ name: String) async throws {
    let reference = IdempotencyReference(caller: "shop", key: name, fingerprint: String(repeating: "a", count: 64))
    try await perform(
      Work(Scope(merchant: Sample.shop)) { _ in
        var changes = Changes()
        changes.idempotency = IdempotencyRecord(reference: reference, at: Sample.start, link: LinkID(at: Sample.start))
        return Decision((), changes)
      })
  }

  fileprivate func reserve(_ name: String) async throws -> PaymentLink {
    let reference = IdempotencyReference(caller: "shop", key: name, fingerprint: String(repeating: "a", count: 64))
    let link = Sample.link(name, status: .creating, payments: [Sample.attempt()], look: Sample.at(30))
    return try await perform(
      Work(Scope(merchant: Sample.shop, order: link.order, idempotency: reference)) { snapshot in
        precondition(snapshot.links.isEmpty && snapshot.idempotency == nil, "every name is new")
        var changes = Changes()
        changes.inserted = link
        changes.idempotency = IdempotencyRecord(reference: reference, at: Sample.start, link: link.id)
        return Decision(link, changes)
      })
  }

  fileprivate func activate(_ link: PaymentLink) async throws {
    try await perform(
      Work(Scope(merchant: link.merchant, link: link.id)) { snapshot in
        guard var link = snapshot.links.first else { preconditionFailure("it was reserved") }
        link.status = .active
        link.sequence = 2
        link.page = PaymentPage(
          url: "https://customer.freedompay.uz/pay.html?customer=\(link.id)", kind: "need data", expiresAt: link.expiresAt)
        link.payments[0].id = Sample.payment(Int64.random(in: 1 ... .max))
        var changes = Changes()
        changes.updated = [link]
        changes.events = [Event(kind: .linkActive, at: Sample.start, merchant: link.merchant, link: link)]
        return Decision((), changes)
      })
  }
}

private func getenvText(_ name: String) -> String? {
  // Nothing changes the environment after the start; the text is copied.
  unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// Seconds of CPU that this process has used.
private func processorTime() -> Double {
  Double(clock()) / Double(CLOCKS_PER_SEC)
}
