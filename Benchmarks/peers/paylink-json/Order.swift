import FoundationEssentials
import HTTPServer
import HTTPTypes

/// Ten members in, three out.
struct Order: Decodable {
  var order_id: String
  var amount: Int
  var currency: String
  var description: String
  var language: String
  var phone: String
  var email: String
  var lifetime: Int
  var testing: Bool
  var success_url: String

  static let constant: Handler = { _ in
    Response(status: .ok, fields: [.contentType: "application/json"], body: .bytes(constantBody))
  }
  private static let constantBody = Array(#"{"id":"A1001","status":"created","amount":15000000}"#.utf8)

  static let decoded: Handler = { request in
    guard let order = try? JSONDecoder().decode(Order.self, from: Data(request.body)),
      let body = try? JSONEncoder().encode(OrderTaken(order))
    else {
      return HTTPError(.malformed, "The body is not an order.").response(requestID: request.id)
    }
    return Response(status: .ok, fields: [.contentType: "application/json"], body: .bytes([UInt8](body)))
  }
}

struct OrderTaken: Encodable {
  var id: String
  var status = "created"
  var amount: Int

  init(_ order: Order) {
    id = order.order_id
    amount = order.amount
  }
}
