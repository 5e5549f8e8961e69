import Logging

/// Renews leases while their work is done, however long that takes, so that a lease can be short: what a killed program had lies still for seconds alone.
struct LeaseKeeper: Sendable {
  let terms: LeaseTerms
  let logger: Logger
  /// - Returns: whether any of it is still ours.
  let renew: @Sendable () async throws(StoreError) -> Bool

  func during<Value>(_ work: () async throws(StoreError) -> Value) async throws(StoreError) -> Value {
    let keeper = Task(name: "lease keeper") { await self.keep() }
    defer { keeper.cancel() }
    return try await work()
  }

  /// What is lost is told once and not fought for: whoever has it does the work, and what we still do is judged by the books.
  private func keep() async {
    while true {
      do { try await Task.sleep(for: terms.renewEvery) } catch { return }
      do throws(StoreError) {
        guard try await renew() else {
          if !Task.isCancelled { logger.warning("lease lost", metadata: ["holder": "\(terms.holder)"]) }
          return
        }
      } catch {
        logger.warning("lease not renewed", metadata: ["holder": "\(terms.holder)", "code": "\(error.code.rawValue)"])
      }
    }
  }
}
