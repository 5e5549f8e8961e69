import HTTPClient
import HTTPTypes
import Transport

/// One client for all end-to-end tests: the gateway's own, against other processes.
enum Wire {
  static let client: HTTPClient = {
    do { return HTTPClient(configuration: .init(), loops: try EventLoopGroup(count: 1)) } catch { fatalError("no loop: \(error)") }
  }()

  struct Answer: CustomStringConvertible {
    let status: Int
    let fields: HTTPFields
    let body: [UInt8]

    var json: JSON { JSON(bytes: body) }
    var text: String { String(decoding: body, as: UTF8.self) }
    var description: String { "\(status) \(text)" }
  }

  static func send(
    _ method: HTTPRequest.Method, _ url: String, fields: [String: String] = [:], body: String = "", timeout: Duration = .seconds(30)
  ) async throws -> Answer {
    var head = HTTPFields()
    for (name, value) in fields { head[HTTPField.Name(name)!] = value }
    let answer = try await client.send(
      HTTPClientRequest(method: method, url: url, fields: head, body: Array(body.utf8), timeout: timeout))
    return Answer(status: answer.status, fields: answer.fields, body: answer.body)
  }
}
