import ArgumentParser
import Foundation
import FreedomPay
import Testing

@testable import paylink

@Suite struct SignatureCommandTests {
  static let secret = "Kx7-correct-horse-9"

  /// A result callback, caught as a form.
  static func capture(script: String = "result", secret: String = secret) throws -> (text: String, digest: String) {
    let fields = Fields([
      .init("pg_payment_id", .text("900000000001")), .init("pg_result", .text("1")), .init("pg_amount", .text("150000.00")),
      .init("pg_salt", .text("a1b2")), .init("pg_user_phone", .text("998901112233")),
    ])
    let digest = Signature.hex(of: fields, script: ScriptName(script), secret: try #require(SecretKey(secret)))
    let text = fields.all.map { field in
      guard case .text(let text) = field.value else { return "" }
      return "\(field.name)=\(text)"
    }
    return ("\(text.joined(separator: "&"))&pg_sig=\(digest)\n", digest)
  }

  @Test("bad usage is one line")
  func usage() throws {
    for (arguments, line) in [
      (
        ["--merchant", "main", "--secret-file", "f"],
        "--merchant brings its own secrets; leave out --secret-file and --previous-secret-file."
      ),
      (["--config", "c"], "--config comes with --merchant."), (["--secret", "s"], "Unknown option '--secret'. Did you mean '--script'?"),
    ] {
      let error = try #require(throws: (any Error).self) { _ = try PaylinkCommand.parseAsRoot(["signature", "explain"] + arguments) }
      #expect(PaylinkCommand.exitCode(for: error).rawValue == 64)
      #expect(PaylinkCommand.usageLine(for: error) == "\(line) (see paylink --help)")
    }
  }

  struct Run: Sendable, CustomTestStringConvertible {
    var name: String
    var script = "result"
    var signer = secret
    var arguments: [String] = ["m", "--secret-file", "s", "--url", "https://shop/x/result"]
    var environment: [String: String] = [:]
    var status: Int32
    var says: String

    var testDescription: String { name }
  }

  @Test(
    "the program explains, with the secret from wherever it may come, and prints neither secret nor digest",
    arguments: [
      Run(name: "holds", status: 0, says: "The signature holds with the script name `result`."),
      Run(
        name: "from the environment", arguments: ["m", "--script", "result"], environment: ["PAYLINK_SIGNATURE_SECRET": secret], status: 0,
        says: "The signature holds with the script name `result`."),
      Run(
        name: "another script", script: "result.php", status: 1,
        says: "The signature holds if the script name is `result.php` instead of `result`: "),
      Run(
        name: "JSON", script: "callback", arguments: ["m", "--secret-file", "s", "--script", "result", "--json"], status: 1,
        says: "{\"deviations\":[\"script_name\"],\"expected_script\":\"result\","),
      Run(
        name: "values", arguments: ["m", "--secret-file", "s", "--show-values"], status: 0,
        says: "The signature holds with the script name `result`. No address was given"),
      Run(name: "another secret", signer: "somebody else", status: 1, says: "The signature holds under nothing that was tried: "),
      Run(
        name: "the previous secret", signer: "old-secret-1",
        arguments: ["m", "--secret-file", "s", "--previous-secret-file", "o", "--script", "result"], status: 0,
        says: "The signature holds with the script name `result`, with the previous secret."),
      Run(
        name: "settings", script: "hook", arguments: ["m", "--config", "c.yaml", "--merchant", "main"],
        environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": secret, "PAYLINK_MERCHANTS_MAIN_SCRIPT_NAMES_RESULT": "hook"], status: 0,
        says: "The signature holds with the script name `hook`."),
      Run(
        name: "no secret", arguments: ["m"], status: 64,
        says: "paylink: there is no secret: give --secret-file, PAYLINK_SIGNATURE_SECRET or --merchant\n"),
      Run(name: "an empty secret", arguments: ["m", "--secret-file", "e"], status: 64, says: "paylink: there is no secret: the file of "),
      Run(
        name: "no such merchant", arguments: ["m", "--config", "c.yaml", "--merchant", "other"],
        environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": secret], status: 64,
        says: "paylink: --merchant names no merchant of the settings\n"),
      Run(name: "no message", arguments: ["s", "--secret-file", "s"], status: 65, says: "paylink: the message is no form, query, URL, "),
      Run(name: "an empty standard input", arguments: ["--secret-file", "s"], status: 65, says: "paylink: the message is empty\n"),
      Run(name: "no file", arguments: ["nowhere", "--secret-file", "s"], status: 65, says: "paylink: nowhere cannot be read\n"),
    ])
  func runs(_ run: Run) async throws {
    let directory = try TemporaryDirectory()
    let (text, digest) = try Self.capture(script: run.script, secret: run.signer)
    for (name, content) in [
      ("m", text), ("s", "\(Self.secret)\n"), ("o", "old-secret-1"), ("e", "\n"), ("c.yaml", SettingsErrorTests.valid),
    ] { _ = try directory.write(content, as: name) }
    let outcome = try await Program.run(
      ["signature", "explain"] + run.arguments, in: URL(filePath: directory.path), environment: run.environment)
    #expect(outcome.status == run.status)
    let said = run.status > 1 ? outcome.errors : outcome.output
    #expect(said.hasPrefix(run.says), "\(said)")
    #expect(outcome.errors.filter { $0 == "\n" }.count == (run.status == 0 ? 0 : 1))
    for word in [Self.secret, "old-secret-1", "somebody else", digest, digest.uppercased(), "998901112233"] {
      #expect(!outcome.output.contains(word) && !outcome.errors.contains(word))
    }
    #expect(outcome.output.contains("150000.00") == (run.name == "values"))
  }
}
