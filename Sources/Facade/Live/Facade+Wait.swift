import HTTPServer
import HTTPTypes
import Payments

/// Waiting for a link's next change, as a suspended task: a waiting reader costs no thread, and does not ask the books while nothing happens.
extension Facade {
  /// The link as soon as its sequence is above the query's, or as it is when the wait is over, the client leaves or the gateway drains.
  func changed(_ link: PaymentLink, _ query: WaitQuery, _ request: Request) async throws(Problem) -> PaymentLink {
    guard let wait = query.wait else { return link }
    let since = query.since ?? link.sequence
    guard link.sequence <= since else { return link }
    let place = try waitingPlace()
    let end = ContinuousClock.now + wait
    var link = link
    while link.sequence <= since {
      let left = ContinuousClock.now.duration(to: end)
      guard left > .zero else { break }
      let outcome = await pause(request, atMost: left, for: follow.watch.watcher(of: link.id, after: since))
      let id = link.id
      guard let found = try await stored(request, { () throws(StoreError) in try await follow.link(id) }) else { throw .notFound }
      link = found
      guard outcome == .woken else { break }
    }
    return withExtendedLifetime(place) { link }
  }

  /// Waits until the watcher is woken.
  func pause(_ request: Request, atMost limit: Duration, for watcher: LinkWatch.Watcher) async -> Pause.End {
    let watch = follow.watch
    let end = await request.pause.wait(atMost: limit) { wake in watch.add(watcher, wake) }
    watch.remove(watcher)
    return end
  }

  /// A place among those who wait, for as long as it is held.
  func waitingPlace() throws(Problem) -> FollowLink.Place {
    guard let place = follow.place() else {
      var problem = Problem(.http(.overloaded), "Too many readers wait already; read without waiting, or try again.")
      problem.retryAfter = .seconds(1)
      throw problem
    }
    return place
  }
}
