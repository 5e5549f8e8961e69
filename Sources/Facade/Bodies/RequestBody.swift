import HTTPServer
import HTTPTypes
import JSON
import Payments

/// The JSON body of a request: media type, charset and document.
enum RequestBody {
  /// `application/json` in UTF-8, else 415.
  static func json(of request: Request) throws(Problem) -> JSONTree {
    let values = request.head.fields[values: .contentType]
    guard values.count == 1, let type = MediaType(values[0]), type.essence == "application/json", type.isUTF8 else {
      throw Problem(.http(.unsupportedMediaType), "The body must be application/json in UTF-8.")
    }
    do throws(HTTPError) { try request.requireNoCoding() } catch { throw Problem(error) }
    do throws(JSONFault) {
      return try JSONTree(request.body)
    } catch {
      throw Problem(.http(.malformed), error.detail)
    }
  }

  /// For routes that are told nothing: no body, or `{}`.
  static func none(of request: Request) throws(Problem) -> JSONTree {
    if request.body.isEmpty { return .object([:]) }
    let tree = try json(of: request)
    let faults = CardNumber.faults(in: tree)
    guard case .object(let members) = tree else {
      throw Problem(faults: faults + [FieldFault(pointer: "", code: .wrongType, detail: "must be an object")])
    }
    var reader = ObjectReader(members)
    reader.finish()
    guard faults.isEmpty, reader.faults.isEmpty else { throw Problem(faults: faults + reader.faults) }
    return tree
  }
}

extension Request {
  /// The query's members, in order.
  func query() throws(Problem) -> [FormField] {
    do throws(HTTPError) {
      return try queryFields()
    } catch {
      throw Problem(error)
    }
  }

  /// Refuses any query.
  func refuseQuery() throws(Problem) { try QueryMembers.allow([], in: query()) }

  /// The link named in the path.
  func linkID() throws(Problem) -> LinkID {
    guard let id = try? LinkID(parameters["id"] ?? "") else { throw .notFound }
    return id
  }
}
