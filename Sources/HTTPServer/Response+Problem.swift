package import HTTPTypes

extension Response {
  /// A problem document of RFC 9457 with the members every refusal of ours has (design §4.4):
  /// `{"type":"urn:paylink:problem:<code>","title","status","detail","code","request_id","retryable"}`.
  ///
  /// - Parameter members: more members, as finished JSON text such as `"errors":[…]`; written last.
  package static func problem(
    status: HTTPResponse.Status, code: String, title: String, detail: String, requestID: String, retryable: Bool,
    members: [String] = [], fields: HTTPFields = [:]
  ) -> Response {
    var text = "{\"type\":\(jsonString("urn:paylink:problem:" + code)),\"title\":\(jsonString(title)),\"status\":\(status.code)"
    text +=
      ",\"detail\":\(jsonString(detail)),\"code\":\(jsonString(code)),\"request_id\":\(jsonString(requestID)),\"retryable\":\(retryable)"
    for member in members { text += "," + member }
    var fields = fields
    fields[.contentType] = "application/problem+json"
    fields[.cacheControl] = "no-store"
    return Response(status: status, fields: fields, body: .bytes(Array((text + "}").utf8)))
  }

  /// A text as a JSON string with its quotes (RFC 8259 §7).
  package static func jsonString(_ text: String) -> String {
    // Nearly every text stands as it is.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 != 0x7f }) { return "\"\(text)\"" }
    var json = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": json += "\\\""
      case "\\": json += "\\\\"
      case "\n": json += "\\n"
      case "\r": json += "\\r"
      case "\t": json += "\\t"
      case "\u{0}"..."\u{1f}", "\u{7f}":
        let hex = String(scalar.value, radix: 16)
        json += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: json.unicodeScalars.append(scalar)
      }
    }
    return json + "\""
  }
}
