import HTTPClient
import HTTPTypes
import Testing

@Suite("TLS")
struct TLSTests {
  private func get(_ url: String, trust: HTTPClientConfiguration.Trust) async throws -> Result<HTTPClientResponse, HTTPClientError> {
    try await withClient(HTTPClientConfiguration(trust: trust)) { client, _ in
      do throws(HTTPClientError) {
        return .success(try await client.send(HTTPClientRequest(method: .get, url: url, timeout: .seconds(10))))
      } catch {
        return .failure(error)
      }
    }
  }

  private func expectRefused(_ result: Result<HTTPClientResponse, HTTPClientError>, _ location: SourceLocation = #_sourceLocation) {
    switch result {
    case .success(let response): Issue.record("answered \(response.status)", sourceLocation: location)
    case .failure(let error):
      #expect(error.code == .tls, "\(error)", sourceLocation: location)
      #expect(!error.mayHaveBeenSent, sourceLocation: location)
    }
  }

  @Test("a certificate of the configured authority is taken, with the system's authorities or alone")
  func trusted() async throws {
    let server = try await TLSServer()
    for url in [server.url(), server.url(host: "127.0.0.1")] {
      for trust in [HTTPClientConfiguration.Trust.systemAnd(file: server.authorityFile), .only(file: server.authorityFile)] {
        let response = try await get(url, trust: trust).get()
        #expect(response.status == 200)
        #expect(text(response).contains("s_server"))
      }
    }
  }

  @Test("a certificate of an unknown authority is refused, and nothing is sent")
  func untrusted() async throws {
    let (server, other) = (try await TLSServer(), try await TLSServer())
    for trust in [HTTPClientConfiguration.Trust.system, .systemAnd(file: other.authorityFile), .only(file: other.authorityFile)] {
      expectRefused(try await get(server.url(), trust: trust))
    }
  }

  @Test("a certificate of another host is refused, and nothing is sent")
  func wrongHost() async throws {
    let server = try await TLSServer(names: "DNS:pay.example.uz")
    for host in ["localhost", "127.0.0.1"] {
      expectRefused(try await get(server.url(host: host), trust: .only(file: server.authorityFile)))
    }
  }

  @Test("a certificate that has expired is refused, and nothing is sent")
  func expired() async throws {
    let server = try await TLSServer(days: -1)
    expectRefused(try await get(server.url(), trust: .only(file: server.authorityFile)))
  }

  @Test("TLS 1.2 is spoken, TLS 1.1 is not")
  func versions() async throws {
    let new = try await TLSServer(options: "-tls1_2")
    #expect(try await get(new.url(), trust: .only(file: new.authorityFile)).get().status == 200)
    let old = try await TLSServer(options: "-tls1_1 -cipher DEFAULT@SECLEVEL=0")
    expectRefused(try await get(old.url(), trust: .only(file: old.authorityFile)))
  }

  @Test("without a readable file of authorities nothing is sent")
  func missingFile() async throws {
    let server = try await TLSServer()
    for trust in [HTTPClientConfiguration.Trust.systemAnd(file: "/nowhere/ca.pem"), .only(file: "/nowhere/ca.pem")] {
      expectRefused(try await get(server.url(), trust: trust))
    }
  }

  @Test("a server that speaks no TLS is refused, and gets no byte of the request")
  func plainServer() async throws {
    let script: @Sendable (RawConnection) -> Void = { connection in
      connection.waitUntilReadable()
      connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    }
    try await withServer(script: script) { client, server in
      let error = await failure(of: client, HTTPClientRequest(url: server.url(scheme: "https"), body: [1, 2, 3]))
      #expect(error?.code == .tls)
      #expect(error?.mayHaveBeenSent == false)
      #expect(server.arrivals.isEmpty)
    }
  }
}
