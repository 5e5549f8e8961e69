import Payments
import PostgresTesting
import Testing

@testable import Storage

/// Who is let in, over TLS and with a password, and what is said where nobody is.
@Suite("Coming to PostgreSQL", .serialized) struct PostgresAccessTests {
  private static let cluster = Result { try PostgresCluster(secured: true) }

  private func location(_ cluster: PostgresCluster, _ name: String, user: String = "paylink", _ query: String) throws -> PostgresLocation {
    try PostgresLocation("postgres://\(user)@127.0.0.1:\(cluster.port ?? 0)/\(name)?\(query)")
  }

  @Test("comes over TLS that proves who answers, with a password")
  func secured() async throws {
    let cluster = try Self.cluster.get()
    let name = try await cluster.newDatabase()
    let place = try location(cluster, name, "sslmode=verify-full&sslrootcert=\(cluster.folder)/authority.pem")
    let store = try PostgresStore.open(place, password: PostgresCluster.password, logger: .quiet)
    try await store.insert(Sample.link("A"))
    let encrypted = try await cluster.sql(
      "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = '\(name)' AND application_name = 'paylink'")
    #expect(encrypted == "t")
    await store.close()
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    var user = "paylink"
    var name = "postgres"
    var query = "sslmode=require"
    var password: String? = PostgresCluster.password
    /// Stands in the line that the operator reads.
    var says: [String]

    var testDescription: String { says.joined(separator: " ") }
  }

  @Test(
    "refuses at once, in one line that holds no password, what waiting does not mend",
    arguments: [
      Refusal(password: "wrong-password", says: ["28P01", "password authentication failed"]),
      Refusal(password: nil, says: ["password"]),
      Refusal(user: "nobody", says: ["28P01"]),
      Refusal(name: "nowhere", says: ["3D000", "nowhere"]),
      Refusal(query: "sslmode=disable", says: ["28000", "no encryption"]),
      Refusal(query: "sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt", says: ["certificate verify failed"]),
      Refusal(query: "sslmode=verify-full&sslrootcert=/nowhere.pem", says: ["/nowhere.pem"]),
    ])
  func refused(_ refusal: Refusal) throws {
    let cluster = try Self.cluster.get()
    let place = try location(cluster, refusal.name, user: refusal.user, refusal.query)
    let error = #expect(throws: StoreError.self) { try PostgresStore.open(place, password: refusal.password, logger: .quiet) }
    let line = error?.detail ?? ""
    for part in refusal.says { #expect(line.contains(part), "\(line)") }
    #expect(!line.contains("\n") && !line.contains("-password") && !line.contains("LOCATION"))
  }

  @Test("refuses at once where TLS is wanted and there is none")
  func noTLS() async throws {
    let proxy = try CuttingProxy(to: try PostgresCluster.shared.get())
    let place = try PostgresLocation(proxy.address("postgres").replacing("sslmode=disable", with: "sslmode=require"))
    let error = #expect(throws: StoreError.self) { try PostgresStore.open(place, password: nil, logger: .quiet) }
    #expect(error?.detail.contains("SSL was required") == true)
  }

  /// A proxy whose server is away accepts and closes: that is no reason to give up, whatever TLS is wanted.
  @Test("waits for a server that closes at once")
  func closed() async throws {
    let proxy = try CuttingProxy(to: try PostgresCluster.shared.get())
    proxy.shut(true)
    let place = try PostgresLocation(proxy.address("postgres").replacing("sslmode=disable", with: "sslmode=require"))
    let store = try PostgresStore.open(place, password: nil, logger: .quiet)
    #expect(await !store.health())
    await store.close()
  }

  @Test("gives up a connection that does not come to stand, in its time")
  func silent() async throws {
    // It takes what comes, and says nothing.
    let socket = try SilentListener()
    var limits = StorageLimits()
    limits.connectTimeout = .milliseconds(300)
    let place = try PostgresLocation("postgres://paylink@127.0.0.1:\(socket.port)/postgres?sslmode=disable")
    let start = ContinuousClock.now
    #expect(throws: PostgresError.self) { try PostgresConnection.open(place, password: nil, limits: limits) }
    #expect((.milliseconds(300) ... .seconds(5)).contains(ContinuousClock.now - start))
  }

  @Test(
    "judges a refusal by its state, in whatever language the server speaks",
    arguments: [
      (#"connection to server at "db", port 5432 failed: FATAL:  28P01: password authentication failed for user "paylink""#, "28P01"),
      ("Verbindung zu »db« fehlgeschlagen: FATAL:  28P01: Passwort-Authentifizierung für Benutzer »paylink« fehlgeschlagen", "28P01"),
      (#"failed: ВАЖНО:  3D000: база данных "shop" не существует"#, "3D000"),
      ("failed: FATAL:  28000: no pg_hba.conf entry, SSL encryption\nfailed: FATAL:  28P01: wrong", "28P01"),
      ("failed: FATAL:  57P03: the database system is starting up\nLOCATION:  ProcessStartupPacket, postmaster.c:2373", "57P03"),
    ])
  func language(_ text: String, _ state: String) {
    let error = PostgresOpening.refusal(text, demandsTLS: true)
    #expect(error.state == state)
    #expect(error.isOfSettings == (state != "57P03"))
    #expect(error.isPassing == (state == "57P03"))
  }
}
