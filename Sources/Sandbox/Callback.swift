import FoundationEssentials
import HTTPClient
import HTTPTypes

/// A call of the sandbox to the shop: check or result (protocol §3, §4), by GET, POST or `pg_xml`, signed with the last path segment of the
/// shop's address.
struct Callback: Sendable {
  enum Kind: String, Sendable {
    case check
    case result

    var point: FaultPoint { self == .check ? .check : .result }
  }

  var kind: Kind
  var url: WireURL
  var method: PageTerms.CallbackMethod
  /// Without pg_salt and pg_sig.
  var message: WireMessage

  /// The parameters of the address join the message, each once (protocol §1.5, live).
  private var whole: WireMessage {
    var whole = message
    for parameter in url.parameters where !whole.contains(parameter.name) { whole.append(parameter.name, parameter.value) }
    return whole
  }

  /// The message as it is sent. A fault may spoil it.
  func signed(secret: SandboxSecret, fault: FaultKind?) -> WireMessage {
    switch fault {
    case .badSignature: WireSignature.signed(whole, script: url.script, secret: SandboxSecret("not the shop's secret"))
    case .unsigned: whole
    case .wrongAmount: sign(whole.changing("pg_amount", Fault.wrongAmount), secret)
    case .wrongID: sign(whole.changing("pg_payment_id", Fault.wrongID), secret)
    default: sign(whole, secret)
    }
  }

  private func sign(_ message: WireMessage, _ secret: SandboxSecret) -> WireMessage {
    WireSignature.signed(message, script: url.script, secret: secret)
  }

  /// The call as HTTP. With GET the parameters of the address stand once, in the query.
  func request(_ signed: WireMessage, encoding: SandboxConfiguration.CallbackEncoding, timeout: Duration) -> HTTPClientRequest {
    switch method {
    case .get:
      let target = WireURL(url.base)?.appending(signed.flattened) ?? url.base
      return HTTPClientRequest(method: .get, url: target, timeout: timeout)
    case .xml:
      return post([("pg_xml", signed.xml(root: "request"))], .urlencoded, timeout)
    case .post:
      return post(signed.flattened, encoding, timeout)
    }
  }

  private func post(
    _ fields: [(name: String, value: String)], _ encoding: SandboxConfiguration.CallbackEncoding, _ timeout: Duration
  ) -> HTTPClientRequest {
    let form = encoding == .urlencoded ? FormBody(urlencoded: fields) : FormBody(multipart: fields)
    return HTTPClientRequest(
      method: .post, url: url.text, fields: [.contentType: form.contentType], body: form.bytes, timeout: timeout)
  }
}

/// Fields as the body of a POST.
struct FormBody: Sendable {
  var contentType: String
  var bytes: [UInt8]

  init(urlencoded fields: [(name: String, value: String)]) {
    contentType = "application/x-www-form-urlencoded"
    bytes = Array(FormText.encoded(fields).utf8)
  }

  /// multipart/form-data (RFC 7578); quotes and line ends in names are percent-encoded as browsers do.
  init(multipart fields: [(name: String, value: String)]) {
    let boundary = "paylink-sandbox-\(RandomText.salt())\(RandomText.salt())"
    contentType = "multipart/form-data; boundary=\(boundary)"
    bytes = []
    for (name, value) in fields {
      let name = Self.escaped(name)
      bytes += Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
    }
    bytes += Array("--\(boundary)--\r\n".utf8)
  }

  /// Scalar by scalar: to Swift a CR LF is one character, and not a line feed.
  private static func escaped(_ name: String) -> String {
    name.unicodeScalars.map { scalar in
      switch scalar {
      case "\"": "%22"
      case "\r": "%0D"
      case "\n": "%0A"
      default: String(scalar)
      }
    }.joined()
  }
}

/// What the shop answered to a callback, as `POST /control/payments/{id}/pay` shows it.
struct CallbackAnswer: Equatable, Sendable {
  /// Nil where no answer came.
  var http: Int?
  /// pg_status: ok, rejected, error; nil where the body cannot be read.
  var status: String?
  /// Whether the answer carries our secret's signature for the script name of the call.
  var isSigned = false
  /// pg_description, which the payer is shown when the shop refuses.
  var description: String?

  static let none = CallbackAnswer()

  /// A check lets the payment through only with HTTP 200 and a signed ok.
  var isConsent: Bool { http == 200 && status == "ok" && isSigned }
  var isRejection: Bool { http == 200 && status == "rejected" && isSigned }

  init(http: Int? = nil) {
    self.http = http
  }

  init(_ response: HTTPClientResponse, script: String, secret: SandboxSecret) {
    http = response.status
    guard let message = try? WireXMLReader.read(response.body) else { return }  // unreadable counts as no answer
    status = message["pg_status"]
    description = message["pg_description"]
    isSigned = WireSignature.verdict(on: message, script: script, secret: secret) == .valid
  }
}
