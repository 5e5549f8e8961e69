import HTTPTypes
import Synchronization
import Testing
import Transport

@testable import HTTPServer

@Suite("The server over sockets") struct ServerTests {
  @Test("A request is answered, and the connection kept for the next") func keepAlive() async throws {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      for _ in 0..<3 {
        try client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try #require(try client.readAnswer())
        #expect(answer.status == 200)
        #expect(answer.body == "hello")
        #expect(answer["content-type"] == "text/plain")
        #expect(answer["content-length"] == "5")
        #expect(answer["connection"] == nil)
        #expect(answer["server"] == nil)
        #expect(answer["date"]?.hasSuffix(" GMT") == true)
        #expect(answer["x-request-id"]?.count == 32)
      }
    }
  }
}
