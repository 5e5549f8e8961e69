import HTTPServer
import JSON
import Payments

/// The body of a create with a publishable key (design §4.3): `{"signed_order": "<JWT>", "language"?, "payment_method"?}` and nothing else.
///
/// What the payer sees and pays with is the page's to choose, where the order leaves it open; everything else comes from the shop's back end.
enum SignedOrderBody {
  /// The create body that was asked for, and the order's own `jti`. Its fingerprint is that of the same order sent with a secret key: a token that was signed anew
  /// for the same order asks for the same.
  static func read(
    _ tree: JSONTree, key: OrderKey, audience: String, now: Timestamp
  ) async throws(Problem) -> (order: JSONTree, jti: String) {
    guard case .object(let members) = tree else {
      throw Problem(faults: CardNumber.faults(in: tree) + [FieldFault(pointer: "", code: .wrongType, detail: "must be an object")])
    }
    var reader = ObjectReader(members)
    let token = reader.text("signed_order", isRequired: true, TextRule(length: 1...SignedOrder.longest))
    var chosen: [String: JSONTree] = [:]
    for name in choices {
      if let value = reader.value(name, { tree throws(ValueFault) in tree }) { chosen[name] = value }
    }
    reader.finish()
    // The token is judged by its claims: what is base64 there spells no number.
    let faults = CardNumber.faults(in: .object(members.filter { $0.key != "signed_order" })) + reader.faults
    guard faults.isEmpty, let token else { throw Problem(faults: faults) }
    let order = try await SignedOrder(token, key: key, audience: audience, now: now)
    for name in choices where chosen[name] != nil && order.members[name] ?? .null != .null {
      throw Problem(faults: [FieldFault(pointer: pointer("", name), code: .invalid, detail: "is fixed by the signed order")])
    }
    return (.object(order.members.merging(chosen) { $1 }), order.jti)
  }

  private static let choices = ["language", "payment_method"]

  /// A fault of the order stands in the token, and one of the choices in the body.
  static func placed(_ problem: Problem, in tree: JSONTree) -> Problem {
    guard case .object(let members) = tree else { return problem }
    var problem = problem
    problem.faults = problem.faults.map { fault in
      let isChosen = choices.contains { fault.pointer == pointer("", $0) && members[$0] != nil }
      return isChosen ? fault : FieldFault(pointer: SignedOrder.pointer + fault.pointer, code: fault.code, detail: fault.detail)
    }
    return problem
  }
}
