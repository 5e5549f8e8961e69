import JSON
import Payments

/// Values that are only ever read whole stand in one column as JSON with sorted members, so that the same value is the same text.
///
/// What every call writes and reads is written by hand (`Stored/`), the rest by Codable; both give the same text, which a test compares.
enum StoredJSON {
  static func text(_ value: some Encodable) throws -> String { try JSONWriter.text(of: value) }

  static func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
    try JSONReader.value(type, from: text)
  }

  static func text(_ terms: LinkTerms) throws -> String { try JSONWriter.text { try terms.write(to: &$0) } }

  static func text(_ state: LinkState) throws -> String { try JSONWriter.text { try state.write(to: &$0) } }

  static func terms(from text: String) throws -> LinkTerms { try LinkTerms(stored: JSONMembers(text: text)) }

  static func text(_ verdict: Verdict) throws -> String {
    switch verdict {
    case .accept: #"{"accept":{}}"#
    case .reject, .error: try JSONWriter.text(of: verdict)
    }
  }
}
