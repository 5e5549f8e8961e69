import HTTPClient
import Payments

/// An answer of the acquirer to a call of ours, judged (protocol §2.4, §2.5):
/// `<response><pg_status>ok</pg_status>…<pg_salt>…</pg_salt><pg_sig>…</pg_sig></response>`.
///
/// Read tolerantly: any outer element, fields in any order, unknown fields kept. Believed strictly: a success only with HTTP 200 and a
/// signature that fits; an error only signed, or unsigned where the acquirer is known not to sign it.
enum AcquirerReply {
  case success(Fields)
  /// Believed like a success: it was taken and is under way.
  case pending(Fields)
  case error(ErrorCode, description: String)
  /// Nobody knows what happened. The text says why, for the log, and holds no value of the answer.
  case unclear(SafeRetry.Phase, String)

  /// Judges an answer to a call.
  ///
  /// - Parameter script: of the request: answers are signed with the same (protocol §1.2).
  init(_ response: HTTPClientResponse, script: ScriptName, merchant: FreedomPayMerchant) {
    let fields: Fields
    do {
      fields = try XMLReader.fields(response.body)
    } catch {
      self = .unclear(.badBody, "the answer is not XML that can be read (\(error.code)), HTTP \(response.status)")
      return
    }
    let verdict = SignatureVerifier(script: script, secrets: merchant.secrets).verify(fields)
    switch fields.text("pg_status") {
    case "ok", "success": self = Self.success(fields, verdict, httpStatus: response.status, merchant: merchant)
    case "pending", "process":
      self = Self.success(fields, verdict, httpStatus: response.status, merchant: merchant)
      if case .success(let fields) = self { self = .pending(fields) }
    case "error": self = Self.error(fields, verdict, httpStatus: response.status)
    case nil: self = .unclear(.badBody, "the answer has no status, HTTP \(response.status)")
    default: self = .unclear(.badBody, "the answer's status is a word we do not know, HTTP \(response.status)")
    }
  }

  private static func success(
    _ fields: Fields, _ verdict: SignatureVerdict, httpStatus: Int, merchant: FreedomPayMerchant
  ) -> AcquirerReply {
    switch verdict {
    case .unsigned: return .unclear(.noSignature, "an unsigned success is no success")
    case .wrong: return .unclear(.badSignature, "a wrongly signed success is no success")
    case .verified: break
    }
    guard httpStatus == 200 else { return .unclear(.badBody, "a success with HTTP \(httpStatus) is no success") }
    guard fields.values(of: "pg_status").count == 1 else { return .unclear(.badBody, "the answer has two statuses") }
    if !fields.values(of: "pg_merchant_id").isEmpty, fields.text("pg_merchant_id") != String(merchant.number) {
      return .unclear(.badBody, "the answer is about another merchant")
    }
    return .success(fields)
  }

  private static func error(_ fields: Fields, _ verdict: SignatureVerdict, httpStatus: Int) -> AcquirerReply {
    guard let code = fields.text("pg_error_code"), code.utf8.count <= 10, code.utf8.allSatisfy({ (48...57).contains($0) }) else {
      return .unclear(.badBody, "an error without a code, HTTP \(httpStatus)")
    }
    let error = ErrorCode.named(code)
    let isBelieved =
      switch verdict {
      case .verified: true
      case .unsigned: error.maybeUnsigned
      case .wrong: error.isAboutSignature
      }
    guard isBelieved else {
      return .unclear(
        verdict == .unsigned ? .noSignature : .badSignature, "error \(code) without a signature that fits, HTTP \(httpStatus)")
    }
    let description = fields.text("pg_error_description") ?? error.meaning
    return .error(error, description: String(XMLText.allowed(description).prefix(descriptionLimit)))
  }

  /// Characters of a description that are passed on.
  private static let descriptionLimit = 500
}

extension AcquirerRefusal {
  /// An error as the domain sees a refusal.
  init(_ error: ErrorCode, description: String) {
    let kind: Kind =
      switch error.class {
      case .misconfigured: .misconfigured
      case .refused, .notFound: .refused
      case .temporary: .temporary
      }
    self.init(kind: kind, code: error.code, description: description)
  }
}
