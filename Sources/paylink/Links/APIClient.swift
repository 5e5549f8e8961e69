import FoundationEssentials
import HTTPClient
import HTTPTypes
import Payments
import Transport

/// A gateway's API as the `links` commands call it.
struct APIClient {
  private let caller: any HTTPCaller
  private let url: String
  private let key: String

  /// Calls the gateway that the environment names (PAYLINK_URL, PAYLINK_KEY) and closes the client again.
  static func call<Value: Sendable>(
    _ body: (APIClient) async throws(CommandFailure) -> Value
  ) async throws(CommandFailure) -> Value {
    let environment = Environment.all
    guard let key = environment["PAYLINK_KEY"], !key.isEmpty else {
      throw CommandFailure(.usage, "PAYLINK_KEY is not set: the API key, such as sk_sandbox_demo for the sandbox")
    }
    let url: WebAddress
    do {
      url = try WebAddress(environment["PAYLINK_URL"].flatMap { $0.isEmpty ? nil : $0 } ?? "http://127.0.0.1:8080")
    } catch {
      throw CommandFailure(.usage, "PAYLINK_URL: \(error.rule)")
    }
    let client = HTTPClient(loops: try Assembly.loops(count: 1))
    let answer: Value
    do throws(CommandFailure) {
      answer = try await body(APIClient(caller: client, url: url.text, key: key))
    } catch {
      await client.shutdown()
      throw error
    }
    await client.shutdown()
    return answer
  }

  func get(_ path: String) async throws(CommandFailure) -> APIAnswer {
    try await send(.get, path, body: [], fields: [:])
  }

  func post(_ path: String, body: [UInt8], idempotencyKey: String) async throws(CommandFailure) -> APIAnswer {
    guard let name = HTTPField.Name("Idempotency-Key") else { preconditionFailure("the name is a token") }
    guard HTTPField.isValidValue(idempotencyKey) else { throw CommandFailure(.usage, "--idempotency-key must be visible ASCII") }
    return try await send(.post, path, body: body, fields: [.contentType: "application/json", name: idempotencyKey])
  }

  /// For routes that change nothing when they are called twice.
  func post(_ path: String, json body: [UInt8]) async throws(CommandFailure) -> APIAnswer {
    try await send(.post, path, body: body, fields: [.contentType: "application/json"])
  }

  /// For routes that are told nothing.
  func post(_ path: String) async throws(CommandFailure) -> APIAnswer { try await send(.post, path, body: [], fields: [:]) }

  private func send(
    _ method: HTTPRequest.Method, _ path: String, body: [UInt8], fields: HTTPFields
  ) async throws(CommandFailure) -> APIAnswer {
    guard HTTPField.isValidValue(key) else { throw CommandFailure(.usage, "PAYLINK_KEY is not a key") }
    var fields = fields
    fields[.authorization] = "Bearer \(key)"
    fields[.accept] = "application/json, application/problem+json"
    let request = HTTPClientRequest(
      method: method, url: url + path, fields: fields, body: body, timeout: .seconds(40), answerLimit: 16 << 20)
    do {
      return try APIAnswer(await caller.send(request), path: path)
    } catch let failure as CommandFailure {
      throw failure
    } catch let failure as HTTPClientError {
      throw CommandFailure(.unavailable, "\(url): no answer (\(failure.detail))")
    } catch {
      throw CommandFailure(.unavailable, "\(url): no answer (\(error))")
    }
  }
}

/// An answer of the API that is no problem.
struct APIAnswer {
  let body: [UInt8]

  /// - Throws: the problem's own words where the answer is one.
  init(_ response: HTTPClientResponse, path: String) throws(CommandFailure) {
    body = response.body
    guard (200...299).contains(response.status) else {
      let problem = try? JSONDecoder().decode(ProblemView.self, from: Data(response.body))
      throw CommandFailure(.refused, problem?.line ?? "\(response.status) from \(path)")
    }
  }

  var text: String { String(decoding: body, as: UTF8.self) }

  func decode<View: Decodable>(_ view: View.Type) throws(CommandFailure) -> View {
    do {
      return try JSONDecoder().decode(view, from: Data(body))
    } catch {
      throw CommandFailure(.software, "the answer is not what this version of the command reads; --json shows it as it is")
    }
  }
}

/// The query of a path: members that are there, percent-encoded (RFC 3986 §2.3).
struct QueryText {
  let text: String

  init(_ members: [(name: String, value: String?)]) {
    let pairs = members.compactMap { name, value in value.map { "\(name)=\(Self.encoded($0))" } }
    text = pairs.isEmpty ? "" : "?\(pairs.joined(separator: "&"))"
  }

  private static let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)

  private static func encoded(_ value: String) -> String {
    value.utf8.map { byte in
      unreserved.contains(byte) ? String(UnicodeScalar(byte)) : "%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
    }.joined()
  }
}
