import ArgumentParser
import FoundationEssentials
import HTTPClient
import Operations
import Payments
import Webhooks

/// `paylink certify URL`: tries a shop's event receiver (design §4.1).
struct CertifyCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "certify", abstract: "Tries a shop's event receiver and says what it gets wrong.",
    discussion: """
      Sends samples of a test link that never was: doubled, reordered, late, forged, altered, slow. The receiver's secret comes from
      --secret-file or from PAYLINK_CERTIFY_SECRET. Exit 0 if it passes all, 1 if not.
      """)

  @Argument(help: "The receiver's address, https://…")
  var url: String

  @OptionGroup var receiver: ReceiverOptions

  @ArgumentParser.Flag(help: "Prints the report as JSON, for machines.")
  var json = false

  func execute() async throws(CommandFailure) {
    let address = try receiver.address(url)
    let secret = try receiver.secret(variable: "PAYLINK_CERTIFY_SECRET")
    let (allowsPrivate, json) = (receiver.allowPrivate, json)
    let results = try await WebhookSender.use { post in
      let certification = Certification(
        post: post, address: address, secret: secret, allowsPrivate: allowsPrivate, clock: MachineClock(), body: SampleEvent.bytes)
      return await certification { result in
        if !json { Console.out(Self.line(result)) }
      }
    }
    let failed = results.count { !$0.isPassed }
    if json {
      Console.out(try Self.report(results))
    } else {
      Console.out("\(results.count - failed) of \(results.count) probes passed")
    }
    guard failed == 0 else { throw CommandFailure(.refused, "\(failed) of \(results.count) probes failed") }
  }

  static func line(_ result: ProbeResult) -> String {
    let name = result.name.padding(to: 34)
    return "\(result.isPassed ? "pass" : "FAIL")  \(name)\(result.answer)\(result.lesson.map { ": \($0)" } ?? "")"
  }

  private struct Line: Encodable {
    var probe: String
    var passed: Bool
    var answer: String
    var lesson: String?
  }

  private static func report(_ results: [ProbeResult]) throws(CommandFailure) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let lines = results.map { Line(probe: $0.name, passed: $0.isPassed, answer: $0.answer, lesson: $0.lesson) }
    do {
      return String(decoding: try encoder.encode(["probes": lines]), as: UTF8.self)
    } catch {
      throw CommandFailure(.software, "the report cannot be written as JSON")
    }
  }
}

extension String {
  /// With blanks up to a width.
  fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
