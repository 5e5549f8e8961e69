package import HTTPTypes

/// A message as Standard Webhooks signs it:
///
///     webhook-id: evt_…
///     webhook-timestamp: 1795000000                      seconds since 1970 UTC, of this try
///     webhook-signature: v1,<base64> v1,<base64>         one for each secret, with a blank between
///
/// Each is HMAC-SHA256 over `id.timestamp.body`.
package struct SignedMessage: Sendable, Equatable {
  package var id: String
  package var timestamp: Int64
  package var signatures: [String]
  package var body: [UInt8]

  package init(id: String, timestamp: Int64, body: [UInt8], secrets: [WebhookSecret]) {
    self.id = id
    self.timestamp = timestamp
    self.body = body
    let signed = Array("\(id).\(timestamp).".utf8) + body
    signatures = secrets.map { "v1,\($0.code(of: signed))" }
  }

  package var fields: HTTPFields {
    var fields: HTTPFields = [.contentType: "application/json", .userAgent: "paylink", .accept: "*/*"]
    fields[Self.idName] = id
    fields[Self.timestampName] = String(timestamp)
    if !signatures.isEmpty { fields[Self.signatureName] = signatures.joined(separator: " ") }
    return fields
  }

  private static let idName = name("webhook-id")
  private static let timestampName = name("webhook-timestamp")
  private static let signatureName = name("webhook-signature")

  private static func name(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is a token") }
    return name
  }
}
