import HTTPServer
import HTTPTypes
import Payments

/// What we answer a callback: HTTP 200 and
/// `<response><pg_status>ok</pg_status><pg_description>…</pg_description><pg_salt>…</pg_salt><pg_sig>…</pg_sig></response>`, signed
/// with the secret and the script name of the callback (protocol §1.2, §3, §4.2).
struct CallbackAnswer {
  /// Characters of a reason that the payer is shown.
  private static let reasonLimit = 255

  let verdict: Verdict
  let script: ScriptName
  let secret: SecretKey

  var response: Response {
    var fields = Fields()
    switch verdict {
    case .accept: fields.add("pg_status", "ok")
    case .reject(let reason):
      fields.add("pg_status", "rejected")
      fields.add("pg_description", Self.shown(reason))
    case .error(let reason):
      fields.add("pg_status", "error")
      fields.add("pg_description", Self.shown(reason))
    }
    let signed = Signature.sign(fields, script: script, secret: secret)
    return Response(
      status: .ok, fields: [.contentType: "application/xml; charset=utf-8", .cacheControl: "no-store"],
      body: .bytes(XMLWriter.document(signed)))
  }

  /// Cleaned before it is signed: what XML cannot hold would be missing from the signed text.
  private static func shown(_ reason: String) -> String { String(XMLText.allowed(reason).prefix(reasonLimit)) }
}
