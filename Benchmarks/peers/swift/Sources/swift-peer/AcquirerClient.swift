import AsyncHTTPClient
import Foundation
import Hummingbird
import NIOCore
import NIOSSL
import ServiceLifecycle

/// Opens pages: a signed form over TLS, a signed XML document back.
struct AcquirerClient: Service {
  struct Page {
    var payment: Int64
    var url: String
  }

  struct Refused: Error {}

  private let base: String
  private let secret: String
  private let client: HTTPClient

  init(base: String, authorityFile: String, secret: String) throws {
    self.base = base
    self.secret = secret
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .file(authorityFile)
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
    configuration.httpVersion = .http1Only
    // The default of 8 would make 256 callers wait for each other.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  func run() async throws {
    try? await gracefulShutdown()
    try await client.shutdown()
  }

  func openPage(_ link: Link) async throws -> Page {
    var request = HTTPClientRequest(url: base + "/g2g/payment_page")
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
    request.headers.add(name: "accept", value: "application/xml")
    request.body = .bytes(ByteBuffer(string: PageForm(link, secret: secret).encoded))
    let response = try await client.execute(request, timeout: .seconds(20))
    let body = try await response.body.collect(upTo: 1024 * 1024)
    let fields = try XMLFields.read(Data(buffer: body))
    guard response.status == .ok, fields["pg_status"] == "ok", Signature.fits(fields, script: "payment_page", secret: secret),
      let payment = fields["pg_payment_id"].flatMap(Int64.init), let url = fields["pg_redirect_url"]
    else { throw Refused() }
    return Page(payment: payment, url: url)
  }
}
