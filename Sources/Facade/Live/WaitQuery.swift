import HTTPServer
import JSON
import Payments

/// `?wait=30s&since=4` of a link's read: how long to wait, and for a sequence above which (design §4.3).
struct WaitQuery: Equatable, Sendable {
  static let members: Set<String> = ["wait", "since"]
  /// Longer waits are broken by proxies and load balancers, most of which give up after a minute.
  static let longest: Duration = .seconds(60)

  /// nil answers at once.
  var wait: Duration?
  /// nil means: above what stands when the request comes.
  var since: Int64?

  /// Reads its members and leaves the others alone; every fault at once.
  static func read(_ fields: [FormField]) throws(Problem) -> WaitQuery {
    var reader = try QueryMembers.reader(fields.filter { members.contains($0.name) })
    let query = WaitQuery(
      wait: reader.value("wait") { tree throws(ValueFault) in try duration(tree) },
      since: reader.value("since") { tree throws(ValueFault) in try sequence(tree) })
    reader.finish()
    var faults = reader.faults
    if faults.isEmpty, query.since != nil, query.wait == nil {
      faults.append(FieldFault(pointer: "/since", code: .invalid, detail: "goes with wait"))
    }
    guard faults.isEmpty else { throw Problem(faults: faults) }
    return query
  }

  private static func duration(_ tree: JSONTree) throws(ValueFault) -> Duration {
    guard case .text(let text) = tree, let match = text.wholeMatch(of: /([0-9]{1,6})(ms|s|m)/), let number = Int64(match.1) else {
      throw ValueFault(.malformed, "must be a time such as 30s, 500ms or 1m")
    }
    let wait: Duration =
      switch match.2 {
      case "ms": .milliseconds(number)
      case "s": .seconds(number)
      default: .seconds(number * 60)
      }
    guard wait <= longest else { throw ValueFault(.outOfRange, "must be at most \(longest.components.seconds)s") }
    return wait
  }

  private static func sequence(_ tree: JSONTree) throws(ValueFault) -> Int64 {
    guard case .text(let text) = tree, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text) else {
      throw ValueFault(.malformed, "must be the sequence of a link, a whole number")
    }
    return number
  }
}
