import ArgumentParser
import HTTPClient
import HTTPTypes
import Payments
import Transport

/// `paylink health`: asks a running gateway's operations address. The image's HEALTHCHECK.
struct HealthCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Asks a running gateway whether it is well: exit 0 or 1.")

  @ArgumentParser.Flag(help: "Asks whether it is ready for requests, not only alive.")
  var ready = false

  @Option(help: ArgumentHelp("The operations address; PAYLINK_OPS_LISTEN by default, otherwise 127.0.0.1:9090.", valueName: "address"))
  var address: String?

  func execute() async throws(CommandFailure) {
    let text = address ?? Environment.all["PAYLINK_OPS_LISTEN"].flatMap { $0.isEmpty ? nil : $0 } ?? Settings.Default.opsListen
    let url = "\(try Self.base(text))\(ready ? "/readyz" : "/livez")"
    let loops = try Assembly.loops(count: 1)
    let client = HTTPClient(loops: loops)
    do {
      let response = try await client.send(HTTPClientRequest(method: .get, url: url, connectTimeout: .seconds(2), timeout: .seconds(4)))
      guard response.status == 200 else { throw CommandFailure(.refused, "\(url): \(response.status)") }
      Console.out("ok")
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(.refused, "\(url): no answer")
    }
  }

  /// Where a listener on an address is reached from this machine: a wildcard is everywhere, so also on loopback.
  static func base(_ text: String) throws(CommandFailure) -> String {
    let first = text.split(separator: ",").first.map(String.init) ?? text
    let address: SocketAddress
    do {
      address = try SocketAddress(first)
    } catch {
      throw CommandFailure(.usage, error.operation)
    }
    guard let port = address.port else { throw CommandFailure(.usage, "health asks over TCP; \(address) is a path") }
    switch address.host {
    case "0.0.0.0": return "http://127.0.0.1:\(port)"
    case "::": return "http://[::1]:\(port)"
    case let host: return host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    }
  }
}
