import Foundation
import Testing
import Transport

@testable import paylink

/// Certificate and key are judged with the settings: by `config check` and at the start.
@Suite struct TLSSettingsTests {
  private static let script = """
    make() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.pem -subj /CN=$1 $2; }
    make good '-days 2'; make other '-days 2'
    """

  @Test("What is wrong with certificate and key is told in one exact line") func lines() async throws {
    let directory = try TemporaryDirectory()
    let folder = URL(fileURLWithPath: directory.path)
    let made = try await Program.run(["-c", Self.script], in: folder, executable: "/bin/sh")
    try #require(made.status == 0, "\(made.errors)")
    func load(_ certificate: String, _ key: String) throws -> Settings {
      let yaml = SettingsErrorTests.valid + "tls: {certificate_file: \(folder.path)/\(certificate), key_file: \(folder.path)/\(key)}\n"
      let path = try directory.write(yaml, as: "c.yaml")
      return try Settings.load(SettingsSources(file: path, environment: SettingsErrorTests.secret))
    }
    #expect(try load("good.pem", "good.key").tls?.keyFile == "\(folder.path)/good.key")
    for (certificate, key, line) in [
      ("good.key", "good.key", "tls.certificate_file: FOLDER/good.key holds no PEM certificate, or a broken one"),
      ("good.pem", "none.key", "tls.key_file: FOLDER/none.key cannot be read: No such file or directory"),
      ("good.pem", "good.pem", "tls.key_file: FOLDER/good.pem holds no PEM private key, or one with a password"),
      ("good.pem", "other.key", "tls.key_file: FOLDER/other.key is not the key of the certificate"),
    ] {
      let error = #expect(throws: SettingsError.self) { try load(certificate, key) }
      #expect(error?.description.replacing(folder.path, with: "FOLDER") == "FOLDER/c.yaml: \(line)")
    }
  }

  @Test("A certificate is good from its first second to its last") func time() async throws {
    let directory = try TemporaryDirectory()
    let folder = URL(fileURLWithPath: directory.path)
    let made = try await Program.run(["-c", Self.script], in: folder, executable: "/bin/sh")
    try #require(made.status == 0, "\(made.errors)")
    let settings = TLSSettings(certificateFile: "\(folder.path)/good.pem", keyFile: "\(folder.path)/good.key")
    let validity = try settings.context().validity
    func line(_ seconds: Int64) -> String? {
      do throws(SettingsError) {
        _ = try settings.context(now: Date(timeIntervalSince1970: TimeInterval(seconds)))
        return nil
      } catch {
        return error.description.replacing(folder.path, with: "FOLDER")
      }
    }
    #expect(line(validity.lowerBound) == nil && line(validity.upperBound) == nil)
    #expect(
      line(validity.lowerBound - 1)
        == "tls.certificate_file: FOLDER/good.pem is not valid before \(TLSSettings.text(validity.lowerBound))")
    #expect(
      line(validity.upperBound + 1)
        == "tls.certificate_file: FOLDER/good.pem has expired: it ended at \(TLSSettings.text(validity.upperBound))")
  }
}
