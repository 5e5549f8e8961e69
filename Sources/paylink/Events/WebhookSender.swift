import ArgumentParser
import HTTPClient
import Payments
import Transport
import Webhooks

/// Makes what posts to receivers, for a command, and closes it again.
enum WebhookSender {
  static func use<Value: Sendable>(
    limits: WebhookPost.Limits = WebhookPost.Limits(), _ body: (WebhookPost) async throws(CommandFailure) -> Value
  ) async throws(CommandFailure) -> Value {
    let clients = EventSending.clients(loops: try Assembly.loops(count: 1), endpoints: 1)
    let result: Result<Value, CommandFailure>
    do throws(CommandFailure) {
      result = .success(try await body(WebhookPost(publicCaller: clients.public, anyCaller: clients.any, limits: limits)))
    } catch {
      result = .failure(error)
    }
    await clients.public.shutdown()
    await clients.any.shutdown()
    return try result.get()
  }
}

/// A receiver that a command is told of, with its secret.
struct ReceiverOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A file with the receiver's secret, whsec_…", valueName: "file"))
  var secretFile: String?

  @ArgumentParser.Flag(help: "Takes addresses that are not public, and http on this machine.")
  var allowPrivate = false

  func address(_ url: String) throws(CommandFailure) -> WebhookAddress {
    do {
      return try WebhookAddress(url, allowsPrivate: allowPrivate)
    } catch {
      throw CommandFailure(.usage, "the receiver's address \(error.rule)")
    }
  }

  func secret(variable: String) throws(CommandFailure) -> WebhookSecret {
    let text: String?
    do {
      text =
        try secretFile.map { path throws(SettingsError) in
          TextFile.withoutLastNewline(try TextFile.read(path, atMost: 4096, source: path))
        } ?? Environment.all[variable]
    } catch {
      throw CommandFailure(.usage, error.description)
    }
    guard let text, !text.isEmpty else { throw CommandFailure(.usage, "there is no secret: give --secret-file or \(variable)") }
    do {
      return try WebhookSecret(text)
    } catch {
      throw CommandFailure(.usage, "the secret \(error.rule)")
    }
  }
}
