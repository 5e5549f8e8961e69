import HTTPTypes

extension Request {
  /// The fields of the body, by its Content-Type: `application/x-www-form-urlencoded` or `multipart/form-data`. UTF-8 only. Order and duplicates are kept. An empty
  /// body without a Content-Type is an empty form.
  package func form() throws(HTTPError) -> [FormField] {
    try requireNoCoding()
    let values = head.fields[values: .contentType]
    guard values.count <= 1 else { throw HTTPError(.malformed, "Content-Type is given more than once.") }
    guard let value = values.first else {
      if body.isEmpty { return [] }
      throw HTTPError(.unsupportedMediaType, "The body needs a Content-Type.")
    }
    guard let type = MediaType(value) else { throw HTTPError(.malformed, "Content-Type cannot be read.") }
    try requireUTF8(type)
    switch type.essence {
    case "application/x-www-form-urlencoded": return try URLEncodedForm.parse(body)
    case "multipart/form-data": return try MultipartForm.parse(body, boundary: type["boundary"])
    default: throw HTTPError(.unsupportedMediaType, "A form is application/x-www-form-urlencoded or multipart/form-data.")
    }
  }

  /// The fields of the query; none where there is no query.
  package func queryFields() throws(HTTPError) -> [FormField] {
    guard let query else { return [] }
    return try URLEncodedForm.parse(query.utf8)
  }

  /// Refuses a body with a content coding: we read none, and the answer says so (RFC 9110 §8.4, §12.5.3, §15.5.16).
  package func requireNoCoding() throws(HTTPError) {
    guard head.fields.contains(.contentEncoding) else { return }
    let codings = head.fields[values: .contentEncoding].flatMap { $0.utf8.split { [0x20, 0x09, 0x2c].contains($0) } }
    guard codings.allSatisfy({ String(Substring($0)).lowercased() == "identity" }) else {
      throw HTTPError(.unsupportedMediaType, "The body must be sent without a content coding.", fields: [.acceptEncoding: "identity"])
    }
  }

  private func requireUTF8(_ type: MediaType) throws(HTTPError) {
    guard type.isUTF8 else { throw HTTPError(.unsupportedMediaType, "The charset must be utf-8.") }
  }
}
