/// The acquirer's two calls to us (protocol §3, §4).
package enum CallbackKind: String, Sendable, CaseIterable {
  /// May this payment be taken?
  case check
  /// What became of it.
  case result
}

/// How a callback ended, for counters.
package enum CallbackOutcome: String, Sendable, CaseIterable {
  case accepted, rejected, error
  /// Signature missing or wrong: forged, or our secrets differ.
  case unverified
  /// Not a message: fields missing, doubled or not in their format.
  case malformed
  /// The books could not be written.
  case unavailable
  case unknownMerchant = "unknown_merchant"
}

extension CallbackScripts {
  /// The name that a kind of callback is signed with.
  func name(of kind: CallbackKind) -> ScriptName {
    switch kind {
    case .check: check
    case .result: result
    }
  }
}
