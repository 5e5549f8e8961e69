import Foundation
import Hummingbird

struct NewLink: Decodable {
  var order_id: String
  var amount: Int64
  var currency: String
  var description: String
}

struct Link: ResponseEncodable {
  var id: String
  var status: String
  var order_id: String
  var amount: Int64
  var currency: String
  var description: String
  var url: String?
  var payment_id: Int64?
  var created_at: Int64
}

/// The second job: reserve (committed), open the page, activate (committed).
struct Links {
  let books: Books
  let acquirer: AcquirerClient

  func create(_ new: NewLink) async throws -> Link {
    var link = Link(
      id: "pl_" + UUID().uuidString, status: "creating", order_id: new.order_id, amount: new.amount, currency: new.currency,
      description: new.description, created_at: Int64(Date().timeIntervalSince1970 * 1000))
    try await books.reserve(link)
    let page = try await acquirer.openPage(link)
    link.status = "active"
    link.url = page.url
    link.payment_id = page.payment
    try await books.activate(link)
    return link
  }
}
