import HTTPServer
import Payments

/// A callback that is from somebody who knows the secret, whole and in its formats.
struct VerifiedCallback {
  let kind: CallbackKind
  let fields: Fields
  /// Which secret verified it; the answer is signed with the same.
  let secret: SecretKeys.Age
  let form: SignatureForm
  private let merchant: FreedomPayMerchant

  /// Why a message goes no further.
  enum Refusal: Error, Equatable {
    /// The signature is missing or wrong.
    case unverified(String)
    /// It is no message at all.
    case malformed(String)
    /// It is signed, and we do not understand it: a person must look, since money may hang on it.
    case unreadable(String)
  }

  /// Verifies first: what is not signed is not looked at.
  init(_ kind: CallbackKind, _ message: CallbackMessage, merchant: FreedomPayMerchant) throws(Refusal) {
    let verifier = SignatureVerifier(script: merchant.scriptNames.name(of: kind), secrets: merchant.secrets)
    switch verifier.verify(message.fields, query: message.query) {
    case .unsigned: throw .unverified("the signature is missing")
    case .wrong: throw .unverified("the signature is wrong")
    case .verified(let secret, let form):
      self.secret = secret
      self.form = form
    }
    self.kind = kind
    self.merchant = merchant
    fields = form == .queryJoined ? message.fields.joining(message.query) : message.fields
    do {
      try KnownFields.verify(fields, kind)
    } catch {
      throw .unreadable(error.reason)
    }
    if let number = fields.text("pg_merchant_id"), number != String(merchant.number) { throw .unreadable("pg_merchant_id is another's") }
  }

  /// The message in our words (protocol §3, §4.1).
  func report(receivedAt now: Timestamp) throws(Refusal) -> Report {
    do {
      return try report(ReportFields(fields: fields, merchant: merchant), now)
    } catch {
      throw .unreadable("a number or an amount \(error)")
    }
  }

  private func report(_ values: ReportFields, _ now: Timestamp) throws(InvalidValue) -> Report {
    let cleared = try values.money("pg_clearing_amount")
    let status = kind == .check ? PaymentStatus.pending : resultStatus(values, cleared: cleared)
    return Report(
      source: kind == .check ? .check : .result, merchant: merchant.name, paymentID: try values.paymentID(), order: values.order,
      link: values.link, status: status, amount: try values.money("pg_amount"),
      captured: status == .paid ? cleared.flatMap { $0.minorUnits > 0 ? $0 : nil } : nil, discount: values.discount,
      isTest: isTest(values), method: values.method, card: values.card, failure: status == .failed ? failure(values) : nil,
      paidAt: status.hasMoney ? values.paidAt : nil,
      captureBy: merchant.captureBy(status, heldAt: values.paidAt ?? now), canReject: values.flag("pg_can_reject") ?? false, asOf: now,
      needsConfirmation: form != .strict, evidence: CallbackEvidence(fields, merchant: merchant.name).evidence)
  }

  /// `pg_result=1` with `pg_captured=0` is only a hold, and so is a captured sum of nothing without the flag; 2 is "not finished".
  private func resultStatus(_ values: ReportFields, cleared: Money?) -> PaymentStatus {
    switch fields.text("pg_result") {
    case "1": values.flag("pg_captured") ?? (cleared.map { $0.minorUnits > 0 } ?? true) ? .paid : .authorized
    case "0": .failed
    default: .pending
    }
  }

  /// `pg_testing_mode` is present only in test mode (protocol §4.1); a check never has it.
  private func isTest(_ values: ReportFields) -> Bool? {
    values.flag("pg_testing_mode") ?? (kind == .result ? false : nil)
  }

  private func failure(_ values: ReportFields) -> Failure {
    values.failure ?? Failure(code: "failed", message: "not paid")
  }
}
