/// The waits of the use cases: each stands here once, with its reason, and can be set (design §4.7).
package struct Timing: Hashable, Sendable {
  /// A create that is still under way is answered 409 for as long as its call may take and this much more, for our own steps.
  package var inProgressMargin: Duration = .seconds(5)
  /// After the call's limit, how long the acquirer may still be working on a page before we open it again (design §3).
  package var reopenAfter: Duration = .seconds(60)
  /// How often a page is opened in all before the link fails.
  package var openingsAtMost = 3
  /// How long a check answered ok keeps other payments of the order out (design §5).
  package var checkHold: Duration = .minutes(10)
  /// Clocks differ: money this much after the end is not late.
  package var lateTolerance: Duration = .minutes(5)
  /// A payer's return asks the acquirer at most once in this time, and waits this long (design §4.3).
  package var returnSyncEvery: Duration = .seconds(10)
  package var returnSyncWait: Duration = .seconds(3)
  /// After a page's end, how long it may still be payable: the acquirer counts its life from when our call arrived.
  package var pageTolerance: Duration = .minutes(2)
  /// After the acquirer would not open a fresh page, how long payers cannot ask for another.
  package var freshPageEvery: Duration = .minutes(1)
  /// A reader of a link whose money is in doubt asks the acquirer at most once in this time, and waits this long.
  package var readSyncEvery: Duration = .seconds(30)
  package var readSyncWait: Duration = .seconds(2)
  /// One status question per merchant in this time (design §6).
  package var askEvery: Duration = .seconds(2)

  package init() {}
}
