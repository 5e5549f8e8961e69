import HTTPServer
import HTTPTypes

/// An answer to the shop's call before it becomes bytes: signed with the script name of the request (protocol §1.2), unless it is one of
/// the refusals that come unsigned.
struct WireAnswer: Sendable {
  private var message: WireMessage
  private let script: String
  private let configuration: SandboxConfiguration
  private var isSigned: Bool
  private var status: Int

  init(_ message: WireMessage, script: String, configuration: SandboxConfiguration) {
    self.message = message
    self.script = script
    self.configuration = configuration
    isSigned = true
    status = 200
  }

  init(refusal: Refusal, script: String, configuration: SandboxConfiguration) {
    let message: WireMessage = [
      "pg_status": "error", "pg_error_code": "\(refusal.code)", "pg_error_description": refusal.description,
    ]
    self.init(message, script: script, configuration: configuration)
    isSigned = refusal.isSigned
    status = refusal.httpStatus
  }

  /// The answer as HTTP, spoiled or held back by the fault where there is one.
  func response(with fault: Fault?) async -> Response {
    guard let fault else { return Self.response(status, text(signedWith: configuration.secret)) }
    return await fault.response(self)
  }

  /// `secret` nil leaves pg_salt and pg_sig out.
  func text(signedWith secret: SandboxSecret?) -> String {
    guard isSigned, let secret else { return message.xml(root: "response") }
    return WireSignature.signed(message, script: script, secret: secret).xml(root: "response")
  }

  var signedText: String { text(signedWith: configuration.secret) }

  /// The same answer with one field changed, signed all the same.
  func changing(_ name: String, _ change: (String) -> String) -> WireAnswer {
    var changed = self
    changed.message = message.changing(name, change)
    return changed
  }

  func response(_ text: String) -> Response { Self.response(status, text) }

  private static func response(_ status: Int, _ text: String) -> Response {
    Response(status: .init(code: status), contentType: "application/xml; charset=utf-8", text: text)
  }
}

extension WireMessage: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral elements: (String, String)...) {
    self.init(elements.map { Field(name: $0, value: .text($1)) })
  }

  /// The message with the texts of that name changed.
  func changing(_ name: String, _ change: (String) -> String) -> WireMessage {
    WireMessage(
      fields.map { field in
        guard field.name == name, case .text(let text) = field.value else { return field }
        return Field(name: name, value: .text(change(text)))
      })
  }
}
