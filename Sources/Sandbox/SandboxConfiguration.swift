/// What the emulated Freedom Pay knows of the one shop it serves, and the knobs where the sources disagree.
package struct SandboxConfiguration: Sendable {
  /// How the fields of a POST callback are written: the documentation says multipart, what is seen in the wild is urlencoded (protocol §3).
  package enum CallbackEncoding: Sendable {
    case urlencoded
    case multipart
  }

  /// How two names are spelled that the documentation spells in two ways.
  package enum Wording: Sendable {
    /// As its schemas have them: pg_clearing_status, pg_revoke_amount.
    case schema
    /// As its samples have them: pg_status_clearing, pg_revoked_amount.
    case sample

    var clearingStatus: String { self == .schema ? "pg_clearing_status" : "pg_status_clearing" }
    var revokeAmount: String { self == .schema ? "pg_revoke_amount" : "pg_revoked_amount" }
  }

  /// pg_merchant_id of the shop.
  package var merchant: Int64
  /// The shop's secret for accepting payments.
  package var secret: SandboxSecret
  /// Base of the payer's page without a slash at the end, such as `http://127.0.0.1:8081`.
  package var publicURL: String
  /// What chance decides in the faults follows from it: the same seed gives the same faults.
  package var seed: UInt64
  /// The shop's currency, where a request names none.
  package var currency = "UZS"
  /// Offset of the region's local time from UTC, for pg_payment_date and pg_create_date: uz and kz +5 h, kg +6 h (catalogue §2.4).
  package var zone: Duration = .seconds(5 * 3600)
  /// The shop's setting for pg_testing_mode, where a request names none.
  package var isTesting = false
  /// HTTP status of the unsigned 1100 (wrong signature): the samples show 200, one sandbox run saw 401 (protocol §1.1).
  package var signatureErrorStatus = 200
  package var callbackEncoding = CallbackEncoding.urlencoded
  /// How long one callback may take. The real limit is not published (protocol §3).
  package var callbackTimeout: Duration = .seconds(20)
  /// Whether a result call follows a capture, cancel or refund: not documented, but seen in one public mock (protocol §4.2).
  package var operationCallbacks = false
  /// By default it follows from the seed: odd as the schema has it, even as the sample.
  package var wording: Wording
  /// The first pg_payment_id. By default it follows from the time of the start in milliseconds, so that a sandbox that was started again
  /// never gives a number that a gateway with a lasting database has already seen.
  package var firstPaymentID: Int64?

  package init(merchant: Int64, secret: SandboxSecret, publicURL: String, seed: UInt64 = 1) {
    self.merchant = merchant
    self.secret = secret
    self.publicURL = publicURL
    self.seed = seed
    wording = seed.isMultiple(of: 2) ? .sample : .schema
  }
}

/// The bounds of what the sandbox keeps in memory and of what it waits for (design §4.7).
enum SandboxLimits {
  /// Payments kept; the oldest are forgotten. A load test makes tens of thousands.
  static let payments = 100_000
  /// Received requests kept for `GET /control/requests`.
  static let requests = 1_000
  /// Payments in one answer of `GET /control/payments`.
  static let listed = 1_000
  /// Depth and length of XML that is read.
  static let xmlDepth = 16
  static let xmlBytes = 1 << 20
  /// Longest wait of a fault, in milliseconds.
  static let faultDelay = 120_000
  /// Longest virtual time of a fault, in milliseconds: thirty days.
  static let faultAfter: Int64 = 30 * 86_400_000
  /// Operations kept of one payment: 1000 are a refund of 0.1 % each.
  static let operations = 1_000
}

/// The shop's secret. It is only ever hashed; everything that prints it prints `<redacted>`.
package struct SandboxSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  let text: String

  package init(_ text: String) {
    self.text = text
  }

  package var description: String { "<redacted>" }
  package var debugDescription: String { "<redacted>" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
