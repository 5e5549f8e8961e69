import ArgumentParser
import Facade

/// `paylink openapi`: prints the OpenAPI document.
struct OpenAPICommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "openapi", abstract: "Prints the OpenAPI document, which the gateway also serves at /openapi.yaml.")

  func execute() async throws(CommandFailure) {
    let text = OpenAPIDocument.text
    Console.out(text.last == "\n" ? String(text.dropLast()) : text)
  }
}
