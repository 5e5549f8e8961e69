import HTTPServer
import HTTPTypes
import JSON

/// Values of ours as JSON: sorted members, so that the same answer is always the same bytes.
enum JSONAnswer {
  static func bytes(_ value: some Encodable) -> [UInt8] {
    do {
      return try JSONWriter.bytes(of: value)
    } catch {
      preconditionFailure("our own bodies hold only texts, whole numbers and containers, which always encode: \(error)")
    }
  }

  static func text(_ value: some Encodable) -> String { String(decoding: bytes(value), as: UTF8.self) }

  /// An answer with a JSON body. It may hold what is private, so nobody on the way keeps it.
  static func response(_ status: HTTPResponse.Status, _ value: some Encodable, fields: HTTPFields = [:]) -> Response {
    var fields = fields
    fields[.contentType] = "application/json"
    fields[.cacheControl] = "no-store"
    return Response(status: status, fields: fields, body: .bytes(bytes(value)))
  }
}

/// A member that is written as null where there is nothing, while a plain optional is left out.
struct Nullable<Value: Encodable & Sendable>: Encodable, Sendable {
  var value: Value?

  init(_ value: Value?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value { try container.encode(value) } else { try container.encodeNil() }
  }
}
