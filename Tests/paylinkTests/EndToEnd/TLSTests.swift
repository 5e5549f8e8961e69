import Foundation
import HTTPTypes
import Testing

/// The gateway with TLS on its own listener, as curl sees it.
@Suite struct EndToEndTLSTests {
  /// A stand whose gateway has a certificate; a second one lies ready.
  private static func stand() async throws -> Stand {
    let stand = try Stand(settings: ["tls: {certificate_file: server.pem, key_file: server.key}"])
    for name in ["server", "next"] {
      let made = try await Program.run(
        [
          "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "\(name).key", "-out", "\(name).pem",
          "-days", "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ], in: stand.folder, executable: "/usr/bin/openssl")
      try #require(made.status == 0, "\(made.errors)")
    }
    try stand.copy("server.pem", "first.pem")
    return stand
  }

  private static func words(_ stand: Stand, _ path: String, believing authority: String, _ words: [String]) -> [String] {
    ["-sS", "--cacert", authority, "-H", "Authorization: Bearer \(Stand.key)"] + words + ["https://127.0.0.1:\(stand.gatewayPort)\(path)"]
  }

  private static func curl(
    _ stand: Stand, _ path: String, believing authority: String = "first.pem", _ more: String...
  ) async throws -> Program.Outcome {
    try await Program.run(words(stand, path, believing: authority, more), in: stand.folder, executable: "/usr/bin/curl")
  }

  @Test("SIGHUP brings a new certificate to the next connection while a stream goes on; a bad file changes nothing, and says so")
  func renewed() async throws {
    let stand = try await Self.stand()
    try await stand.startSandbox()
    try await stand.startGateway()
    let gateway = try #require(stand.gateway)
    let made = try await Self.curl(
      stand, "/v1/payment-links", "-H", "Content-Type: application/json", "-H", "Idempotency-Key: t1", "-d",
      #"{"order_id":"T1","amount":15000000,"description":"over TLS"}"#)
    let link = JSON(bytes: Array(made.output.utf8))
    let path = "/v1/payment-links/\(try #require(link["id"].string, "\(made)"))"
    let reader = try Program(
      Self.words(stand, "\(path)/events", believing: "first.pem", ["-N", "-H", "Accept: text/event-stream"]), in: stand.folder,
      name: "reader",
      executable: "/usr/bin/curl")
    #expect(await Poll.until(.seconds(10)) { reader.said.contains("payment_link.active") }, "\(reader.said) \(reader.log)")

    for name in ["pem", "key"] { try stand.copy("next.\(name)", "server.\(name)") }
    gateway.signal(SIGHUP)
    #expect(await Poll.until(.seconds(10)) { gateway.log.contains("certificate read") })
    let canceled = try await Self.curl(stand, "\(path)/cancel", believing: "next.pem", "-X", "POST", "-H", "Idempotency-Key: t2")
    #expect(JSON(bytes: Array(canceled.output.utf8))["status"].string == "canceled", "\(canceled)")
    #expect(await Poll.until(.seconds(10)) { reader.said.contains("payment_link.canceled") }, "\(reader.said) \(reader.log)")
    reader.stop()
    #expect(try await Self.curl(stand, path, believing: "first.pem").status == 60)

    // A key of another certificate: the line names it, and everything stays as it was.
    try stand.copy("first.pem", "server.pem")
    gateway.signal(SIGHUP)
    #expect(await Poll.until(.seconds(10)) { gateway.log.contains("certificate not read, the old one stays") })
    #expect(gateway.log.contains("tls.key_file: server.key is not the key of the certificate"))
    #expect(try await Self.curl(stand, path, believing: "next.pem").status == 0)

    let plain = try await Program.run(["-sS", stand.url], in: stand.folder, executable: "/usr/bin/curl")
    #expect(plain.status != 0 && plain.output.isEmpty)
    let metrics = try await Wire.send(.get, "\(stand.operations)/metrics").text
    for (outcome, count) in [("full", 4), ("alert", 1), ("plain_http", 1), ("timed_out", 0)] {
      #expect(metrics.contains("paylink_tls_handshakes_total{outcome=\"\(outcome)\"} \(count)\n"), "\(metrics)")
    }
    #expect(metrics.contains("paylink_connections_closed_total{reason=\"tls_handshake\"} 2\n"), "\(metrics)")
    #expect(metrics.contains("paylink_tls_certificate_end_timestamp_seconds "))
    gateway.signal(SIGTERM)
    #expect(try await gateway.outcome(within: .seconds(30)).status == 0)
  }

  @Test("A certificate that has expired keeps the gateway from starting, in one line, and config check says the same")
  func expired() async throws {
    let stand = try await Self.stand()
    // `openssl ca` alone of openssl's commands takes a beginning and an end.
    let script = """
      printf '[ca]\\ndefault_ca=x\\n[x]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' > ca.cnf &&
      touch index && echo 01 > serial && openssl req -new -key server.key -subj /CN=old -out old.csr &&
      openssl ca -batch -config ca.cnf -selfsign -keyfile server.key -in old.csr -startdate 20200101000000Z -enddate 20200102000000Z -out old.pem
      """
    let made = try await Program.run(["-c", script], in: stand.folder, executable: "/bin/sh")
    try #require(made.status == 0, "\(made.errors)")
    try stand.copy("old.pem", "server.pem")
    for command in [["serve"], ["config", "check"]] {
      let refused = try await Program.run(command + ["--config", "paylink.yaml"], in: stand.folder)
      #expect(refused.status == 78 && refused.errors.split(separator: "\n").count == 1, "\(refused)")
      #expect(
        refused.errors == "paylink: paylink.yaml: tls.certificate_file: server.pem has expired: it ended at 2020-01-02T00:00:00Z\n",
        "\(refused)")
    }
  }
}

extension Stand {
  /// Copies a file of the folder over another.
  fileprivate func copy(_ name: String, _ other: String) throws {
    try Data(contentsOf: folder.appendingPathComponent(name)).write(to: folder.appendingPathComponent(other))
  }
}
