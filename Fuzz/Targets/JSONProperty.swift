import FoundationEssentials
import JSON
import Payments
import PaymentsTesting

@testable import Facade
@testable import HTTPServer

/// JSON bodies: what we read Foundation's parser reads; written again it is the same tree with the same fingerprint; and a create body ends in a link or in faults.
enum JSONProperty {
  /// Any JSON, as Foundation alone reads it.
  private struct Anything: Decodable {
    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if value.decodeNil() || (try? value.decode(Bool.self)) != nil || (try? value.decode(String.self)) != nil { return }
      if (try? value.decode([String: Anything].self)) != nil || (try? value.decode([Anything].self)) != nil { return }
      // A number too large for a Double is JSON all the same.
    }
  }

  private static let merchants: Merchants = {
    guard let name = try? MerchantName("main"), let currency = try? Currency("UZS") else { preconditionFailure("a name and a currency") }
    return Merchants([Merchant(name: name, currency: currency, acquirer: ScriptedAcquirer(pages: []))])
  }()

  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard let tree = try? JSONTree(bytes) else { return }
    try require((try? JSONDecoder().decode(Anything.self, from: Data(bytes))) != nil, "Foundation does not read it")
    let again = try? JSONTree(Array(text(tree).utf8))
    try require(again == tree, "\(tree) became \(String(describing: again))")
    try require(again?.fingerprint(route: "POST /") == tree.fingerprint(route: "POST /"), "the fingerprint is another")
    guard let name = try? MerchantName("main") else { return }
    let link: NewLink
    do throws(Problem) {
      link = try CreateBody.read(tree, served: [name], merchants: merchants)
    } catch {
      return try require(!error.faults.isEmpty, "refused without a fault")
    }
    try require(CreateBody.lifetimes.contains(link.terms.lifetime.components.seconds), "a lifetime beyond its bounds")
  }

  private static func text(_ tree: JSONTree) -> String {
    switch tree {
    case .null: "null"
    case .bool(let isTrue): "\(isTrue)"
    case .number(let digits): digits
    case .text(let text): Response.jsonString(text)
    case .list(let items): "[\(items.map(text).joined(separator: ","))]"
    case .object(let members): "{\(members.map { "\(Response.jsonString($0.key)):\(text($0.value))" }.joined(separator: ","))}"
    }
  }
}
