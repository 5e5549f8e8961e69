import HTTPServer
import HTTPTypes

/// Why a callback is no message. It names a field of ours at most, never a value.
struct CallbackRefusal: Error, Equatable {
  var reason: String
}

/// A callback as it was received, in any of the forms that the acquirer uses: GET with a query, POST as urlencoded or multipart form, POST
/// with the single field `pg_xml` (protocol §3). Every field is kept, ours or not, since every field is signed (protocol §1.5).
struct CallbackMessage {
  /// The message.
  var fields: Fields
  /// The parameters of our own address's query, where the message came in a body.
  var query: Fields

  init(_ request: Request) throws(CallbackRefusal) {
    let parameters = try Self.read { () throws(HTTPError) in try request.queryFields() }
    guard request.head.method == .post else {
      fields = parameters
      query = Fields()
      return
    }
    let form = try Self.read { () throws(HTTPError) in try request.form() }
    query = parameters
    fields = try Self.message(of: form)
  }

  private static func read(_ source: () throws(HTTPError) -> [FormField]) throws(CallbackRefusal) -> Fields {
    do {
      return FormName.nested(try source().map { (name: $0.name, text: $0.value) })
    } catch {
      throw CallbackRefusal(reason: "the form cannot be read")
    }
  }

  /// The form's own fields, or the document inside its only one.
  private static func message(of form: Fields) throws(CallbackRefusal) -> Fields {
    guard form.all.count == 1, form.all[0].name == "pg_xml", case .text(let document) = form.all[0].value else { return form }
    do {
      return try XMLReader.fields(Array(document.utf8))
    } catch {
      throw CallbackRefusal(reason: "pg_xml cannot be read")
    }
  }
}
