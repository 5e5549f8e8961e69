import Foundation
import Hummingbird
import Logging

/// Serves both jobs: `POST /order` and, where a database is named, `POST /v1/payment-links`.
@main
struct Main {
  static func main() async throws {
    let environment = ProcessInfo.processInfo.environment
    let router = Router()
    router.post("order") { request, context -> OrderTaken in
      let order = try await request.decode(as: Order.self, context: context)
      return OrderTaken(order)
    }

    var logger = Logger(label: "swift-peer")
    logger.logLevel = .warning
    var application = Application(
      router: router,
      configuration: .init(address: .hostname("127.0.0.1", port: Int(environment["PORT"] ?? "") ?? 8080)),
      logger: logger)

    if let path = environment["DATABASE"], let base = environment["ACQUIRER"], let authority = environment["AUTHORITY"],
      let secret = environment["SECRET"]
    {
      let acquirer = try AcquirerClient(base: base, authorityFile: authority, secret: secret)
      let links = Links(books: try Books(path: path), acquirer: acquirer)
      router.post("v1/payment-links") { request, context -> EditedResponse<Link> in
        let new = try await request.decode(as: NewLink.self, context: context)
        return EditedResponse(status: .created, response: try await links.create(new))
      }
      application = Application(
        router: router, configuration: application.configuration, logger: logger)
      application.addServices(acquirer)
    }
    try await application.runService()
  }
}
