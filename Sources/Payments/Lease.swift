/// Scheduled work that the programs on one database share, piece by piece: whoever has a link's lease does this work for it, and the others pass it over.
///
/// A lease spares double work; it proves nothing. A program that was paused may come back when its lease has long been another's, so whatever moves money is
/// sent by the winner of a compare-and-set alone (`ClaimOperation`), and every other change is a unit that looks at what stands then.
package enum SharedWork: Hashable, Sendable {
  /// Looks at a merchant's links: reports that did not come, operations that wait to be sent, pages to be opened again. There is one turn in `pace`, in all
  /// programs together.
  case looks(MerchantName, pace: Duration)
  /// The end of links whose time is over.
  case expiry

  /// For logs and metrics.
  package var word: String {
    switch self {
    case .looks: "look"
    case .expiry: "expire"
    }
  }
}

/// Who takes work, and for how long it is its own.
package struct LeaseTerms: Hashable, Sendable {
  /// A program's own name: another one after every start.
  package let holder: String
  /// Renewed after a third of it, so that clocks which differ by less than the rest do no harm.
  package let time: Duration

  /// - Parameter time: how long the work of a killed program lies still: seconds, and much longer than a commit.
  package init(holder: String = LeaseTerms.newHolder(), time: Duration = .seconds(6)) {
    self.holder = holder
    self.time = time
  }

  package var renewEvery: Duration { time / 3 }

  package static func newHolder() -> String {
    String((0..<10).map { _ in "0123456789abcdefghjkmnpqrstvwxyz".randomElement() ?? "0" })
  }
}

/// A link that its holder works on.
package struct LeasedLink: Sendable {
  package var link: PaymentLink
  /// Whose lease lapsed with the work unfinished, where somebody's did.
  package var lapsedHolder: String?

  package init(link: PaymentLink, lapsedHolder: String? = nil) {
    self.link = link
    self.lapsedHolder = lapsedHolder
  }
}
