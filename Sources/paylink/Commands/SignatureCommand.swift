import ArgumentParser
import FoundationEssentials
import FreedomPay
import Glibc
import Payments

/// `paylink signature`: questions about signatures.
struct SignatureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signature", abstract: "Answers questions about signatures.", subcommands: [SignatureExplain.self])
}

/// `paylink signature explain`: why the signature of a captured message does not hold (design §4.1). No secret and no digest is printed.
struct SignatureExplain: Command {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Says why a captured message does not verify, without printing secret or digest.",
    discussion: """
      Reads a form, query, URL, multipart body, XML, JSON or a whole HTTP message. The secret comes from --secret-file, from
      PAYLINK_SIGNATURE_SECRET, or from the settings with --merchant. Exit 0 if the signature holds, 1 if not, 65 for what is no message.
      """)

  @Argument(help: "The captured message; standard input where it is absent or -.")
  var file = "-"

  @Option(help: "The address that was called: its last part is the script name, its query may be signed.")
  var url: String?

  @Option(help: "The script name, where it is known.")
  var script: String?

  @Option(help: ArgumentHelp("A file with the merchant's secret.", valueName: "file"))
  var secretFile: String?

  @Option(help: ArgumentHelp("A file with the secret before it.", valueName: "file"))
  var previousSecretFile: String?

  @Option(help: ArgumentHelp("The configuration file (YAML), with --merchant.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("Takes secrets and script names from this merchant of the settings.", valueName: "name"))
  var merchant: String?

  @ArgumentParser.Flag(help: "Shows the values of fields that say nothing about a person, a card or a key.")
  var showValues = false

  @ArgumentParser.Flag(help: "Prints the explanation as JSON, for machines.")
  var json = false

  func validate() throws {
    guard merchant == nil || (secretFile == nil && previousSecretFile == nil) else {
      throw ValidationError("--merchant brings its own secrets; leave out --secret-file and --previous-secret-file.")
    }
    guard config == nil || merchant != nil else { throw ValidationError("--config comes with --merchant.") }
  }

  func execute() async throws(CommandFailure) {
    let explanation = try explain(environment: Environment.all)
    if json {
      Console.out(try Self.encoded(explanation))
    } else {
      for line in Self.lines(explanation) { Console.out(line) }
    }
    guard explanation.verdict == .holds else { throw CommandFailure(.refused, "the signature does not hold as it stands") }
  }

  func explain(environment: [String: String]) throws(CommandFailure) -> SignatureExplanation {
    let (secrets, names) = try keys(environment)
    let bytes = try MessageFile.read(file)
    let message: CapturedMessage
    do {
      message = try CapturedMessage(bytes)
    } catch {
      throw CommandFailure(.data, "the message \(error.reason)")
    }
    let name = script ?? names.flatMap { Self.configured($0, for: url ?? message.path, message) }
    var question = SignatureQuestion(message, secrets: secrets, script: name.map { ScriptName($0) }, url: url)
    question.showsValues = showValues
    return question.explain()
  }

  /// The name that our own callback addresses are signed with, where a proxy shows the acquirer others. A message without an address is
  /// told by its fields: only a result has `pg_result`.
  private static func configured(_ names: CallbackScripts, for address: String?, _ message: CapturedMessage) -> String? {
    guard let address else {
      guard message.fields.text("pg_payment_id") != nil, message.fields.text("pg_status") == nil else { return nil }
      return (message.fields.text("pg_result") != nil ? names.result : names.check).text
    }
    guard address.contains("/callbacks/") else { return nil }
    switch ScriptName(url: address).text {
    case "check": return names.check.text
    case "result": return names.result.text
    default: return nil
    }
  }

  private func keys(_ environment: [String: String]) throws(CommandFailure) -> (SecretKeys, CallbackScripts?) {
    if let merchant {
      let settings: Settings
      do {
        settings = try Settings.load(SettingsSources(file: config, environment: environment))
      } catch {
        throw CommandFailure(error)
      }
      guard let found = settings.merchants.first(where: { $0.name.text == merchant }) else {
        throw CommandFailure(.usage, "--merchant names no merchant of the settings")
      }
      return (found.secrets, found.scriptNames)
    }
    let text = try secretFile.map(Self.secret) ?? environment["PAYLINK_SIGNATURE_SECRET"] ?? ""
    guard let current = SecretKey(text) else {
      let place = secretFile == nil ? "give --secret-file, PAYLINK_SIGNATURE_SECRET or --merchant" : "the file of --secret-file is empty"
      throw CommandFailure(.usage, "there is no secret: \(place)")
    }
    return (SecretKeys(current: current, previous: try previousSecretFile.map(Self.secret).flatMap { SecretKey($0) }), nil)
  }

  private static func secret(_ path: String) throws(CommandFailure) -> String {
    do {
      return TextFile.withoutLastNewline(try TextFile.read(path, atMost: 4096, source: path))
    } catch {
      throw CommandFailure(.usage, error.description)
    }
  }

  // MARK: - What is printed

  static func lines(_ explanation: SignatureExplanation) -> [String] {
    var lines = explanation.sentences
    guard !explanation.fields.isEmpty else { return lines }
    let script = explanation.expectedScript.map { $0.isEmpty ? "(empty)" : $0 } ?? "(not known)"
    lines += ["", "In the order of signing: script name \(script), then", ""]
    let width = explanation.fields.map(\.name.count).max() ?? 0
    for field in explanation.fields {
      let count = "\(field.length) \(field.length == 1 ? "character" : "characters")"
      let value = field.value.map { ": \($0)" } ?? ""
      lines.append("  \(field.name)\(String(repeating: " ", count: width - field.name.count))  \(count)\(value)")
    }
    return lines + ["", "then the secret."]
  }

  static func encoded(_ explanation: SignatureExplanation) throws(CommandFailure) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(explanation), as: UTF8.self)
    } catch {
      throw CommandFailure(.software, "the explanation cannot be written as JSON")
    }
  }
}

/// A message as bytes, which need not be text: a file, or standard input for `-`.
enum MessageFile {
  static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
    let place = path == "-" ? "standard input" : path
    let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandFailure(.data, "\(place) cannot be read") }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while bytes.count <= CapturedMessage.sizeLimit {
      // SAFETY: the kernel writes at most buffer.count bytes into the array's own storage.
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw CommandFailure(.data, "\(place) cannot be read") }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
    throw CommandFailure(.data, "the message is longer than \(CapturedMessage.sizeLimit) bytes")
  }
}
