import Hummingbird

/// The first job: ten members in, three out.
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
}

struct OrderTaken: ResponseEncodable {
  var id: String
  var status: String
  var amount: Int

  init(_ order: Order) {
    id = order.order_id
    status = "created"
    amount = order.amount
  }
}
