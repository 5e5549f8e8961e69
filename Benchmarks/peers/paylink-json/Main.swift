import Dispatch
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Logging
import Transport

/// paylink's own server with the first job: `POST /constant` answers a fixed text without looking at the body, as nginx and the bare C server do;
/// `POST /order` decodes the body and encodes an answer, as the frameworks do.
///
/// Usage: paylink-json PORT
@main
struct Main {
  static func main() throws {
    guard CommandLine.arguments.count == 2, let port = UInt16(CommandLine.arguments[1]) else {
      throw Usage()
    }
    let address = try SocketAddress("127.0.0.1:\(port)")
    let loops = try EventLoopGroup()
    let server = Server(
      router: try Router([Route(.post, "/constant", handler: Order.constant), Route(.post, "/order", handler: Order.decoded)]),
      configuration: ServerConfiguration(addresses: [address]), loops: loops, logger: Logger(label: "paylink-json"))
    _ = try server.start()
    dispatchMain()
  }

  struct Usage: Error, CustomStringConvertible {
    var description: String { "usage: paylink-json PORT" }
  }
}
