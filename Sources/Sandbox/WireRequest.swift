import HTTPServer
import HTTPTypes

/// A call as it came in: the message and the script name it must be signed for.
///
/// The fields come as multipart, urlencoded, GET query, or one field `pg_xml` with `<request>…</request>` (protocol §2.2).
struct WireRequest: Sendable {
  var message: WireMessage
  /// The last path segment as called, a slash at the end left out (protocol §1.2: five implementations of payment_page).
  var script: String

  init(_ request: Request) throws(Refusal) {
    script = request.segments.last { !$0.isEmpty } ?? ""
    message = try Self.message(of: Self.fields(of: request))
  }

  private static func fields(of request: Request) throws(Refusal) -> [(name: String, value: String)] {
    do {
      let fields = request.head.method == .get ? try request.queryFields() : try request.form()
      return fields.map { (name: $0.name, value: $0.value) }
    } catch {
      throw Refusal(code: 9403, description: "Запрос не читается", isSigned: false, httpStatus: 400)
    }
  }

  /// Empty elements vanish from `pg_xml`, since PHP reads them as empty arrays (protocol §1.4, inferred: mend it here).
  private static func message(of fields: [(name: String, value: String)]) throws(Refusal) -> WireMessage {
    guard fields.count == 1, fields[0].name == "pg_xml" else { return WireMessage(form: fields) }
    do {
      return try WireXMLReader.read(Array(fields[0].value.utf8)).withoutEmpty
    } catch {
      throw Refusal(code: 9403, description: "pg_xml не читается", isSigned: false)
    }
  }
}

extension WireMessage {
  fileprivate var withoutEmpty: WireMessage {
    WireMessage(
      fields.compactMap { field in
        switch field.value {
        case .text(""): nil
        case .text: field
        case .group(let group): Field(name: field.name, value: .group(group.withoutEmpty))
        }
      })
  }
}
