import Foundation

/// A shop's receiver as a process of its own: Python with the standardwebhooks package, which scripts/test installs.
final class Receiver {
  struct Arrival {
    let verified: Bool
    let status: Int64
    let id: String
    let timestamp: Int64
    let signatures: Int
    let body: String
    let at: Double

    init(_ line: JSON) {
      verified = line["verified"].bool ?? false
      status = line["status"].int ?? 0
      id = line["id"].string ?? ""
      timestamp = Int64(line["timestamp"].string ?? "") ?? 0
      signatures = line["signature"].string?.split(separator: " ").count ?? 0
      body = line["body"].string ?? ""
      at = (line["at"].value as? NSNumber)?.doubleValue ?? 0
    }

    var json: JSON { JSON(bytes: Array(body.utf8)) }
    var type: String { json["type"].string ?? "" }
  }

  static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  static let otherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

  let port: Int
  let folder: URL
  private let program: Program

  /// - Parameter options: of receiver.py.
  init(in folder: URL, port: Int, secret: String = secret, options: [String] = []) async throws {
    self.port = port
    self.folder = folder
    let file = folder.appendingPathComponent("receiver-\(port).secret")
    try secret.write(to: file, atomically: true, encoding: .utf8)
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let python = tests.deletingLastPathComponent().appendingPathComponent(".build/receivers/bin/python").path
    guard FileManager.default.isExecutableFile(atPath: python) else { throw Failure("\(python) is not there: scripts/test makes it") }
    program = try Program(
      [tests.appendingPathComponent("Receivers/receiver.py").path, "--port", "\(port)", "--secret-file", file.path] + options, in: folder,
      name: "receiver-\(port)-\(UUID().uuidString)", executable: python)
    let program = program
    guard await Poll.until(.seconds(20), { program.said.contains("ready") || !program.isRunning }), program.isRunning else {
      throw Failure("the receiver does not run: \(program.log)")
    }
  }

  var url: String { "http://127.0.0.1:\(port)/hook?key=1" }

  /// All that came, in the order of coming.
  var arrivals: [Arrival] {
    program.said.split(separator: "\n").map { JSON(bytes: Array($0.utf8)) }.filter { $0["id"].string != nil || $0["body"].string != nil }
      .map { Arrival($0) }
  }

  func arrived(_ limit: Duration = .seconds(20), _ condition: ([Arrival]) -> Bool) async -> Bool {
    await Poll.until(limit) { condition(self.arrivals) }
  }

  func stop() { program.stop() }

  /// The settings of an endpoint that leads here.
  static func settings(_ name: String, port: Int, folder: URL, more: [String] = []) throws -> [String] {
    let file = folder.appendingPathComponent("\(name).whsec")
    try Receiver.secret.write(to: file, atomically: true, encoding: .utf8)
    return ["  - name: \(name)", "    url: http://127.0.0.1:\(port)/hook?key=1", "    merchants: [main]", "    secret_file: \(file.path)"]
      + (["allow_private: true"] + more).map { "    \($0)" }
  }
}
