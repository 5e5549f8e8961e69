/// The country a merchant's account is in: it has its own host, numbers and secrets (protocol §2.1).
package enum Region: String, Sendable, CaseIterable {
  case uz
  case kz
  case kg

  /// Where the calls go.
  package var baseURL: String { "https://api.freedompay.\(rawValue)" }

  /// What the region's local times are ahead of UTC: `pg_payment_date` has no zone of its own (catalogue §2.4).
  package var offset: Duration {
    switch self {
    case .uz, .kz: .seconds(5 * 3600)
    case .kg: .seconds(6 * 3600)
    }
  }
}
