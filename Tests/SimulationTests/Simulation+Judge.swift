import Foundation
import FreedomPay
import GRDB
import HTTPServer
import HTTPTypes
import Payments
import Storage

/// A payment as the acquirer's control route shows it.
private struct Shown: Decodable {
  struct Deed: Decodable {
    var kind: String
    var amount: String
    var status: String
  }

  var pg_payment_id: Int64
  var pg_order_id: String?
  var pg_amount: String
  var status: String
  var captured: String?
  var refunded: String?
  var operations: [Deed]?
}

private struct ShownList: Decodable {
  var payments: [Shown]
}

/// The invariants.
extension Simulation {
  func judge() async throws {
    let links = try await allLinks()
    var events: [LinkID: [Event]] = [:]
    for link in links { events[link.id] = try await world.books?.events(of: link.id) ?? [] }
    for link in links { judgeEnd(of: link, events[link.id] ?? []) }
    judgeOrders(links)
    for family in Family.allCases { try await judgeMoney(of: family, links, events) }
    try await judgeCallbacks()
    if !world.violations.isEmpty { for link in links { world.note(Self.full(link, events[link.id] ?? [])) } }
  }

  private static func full(_ link: PaymentLink, _ events: [Event]) -> String {
    let payments = link.payments.map {
      "\($0.id?.description ?? "-") \($0.status.rawValue) \($0.amount?.minorUnits ?? 0) captured \($0.captured) refunded \($0.refunded) \($0.flags)"
    }
    let operations = link.operations.map {
      "\($0.id.text.suffix(5)) \($0.kind.rawValue) \($0.amount.minorUnits) \($0.status.rawValue) \($0.origin.rawValue) looks \($0.looks)"
    }
    return "\(name(link)) \(payments) \(operations) \(events.map(\.kind.rawValue))"
  }

  private func asksForPerson(_ link: PaymentLink, _ events: [Event]) -> Bool {
    link.status == .review || events.contains { $0.kind == .paymentAnomaly }
      || link.operations.contains { $0.status.isOpen && $0.looks >= 7 }
  }

  /// 4: every link ends final or asks for a person; 6: sequences of events grow.
  private func judgeEnd(of link: PaymentLink, _ events: [Event]) {
    let isFinal: Bool =
      switch link.status {
      case .completed, .failed, .expired, .canceled: true
      case .creating, .active, .review: false
      }
    let isSure = link.payments.allSatisfy { $0.status != .unknown && $0.status != .authorized }
    let isDone = link.operations.allSatisfy { !$0.status.isOpen }
    if !(isFinal && isSure && isDone) && !asksForPerson(link, events) { world.violation("4: \(Self.name(link)) never ends") }
    let sequences = events.map(\.sequence)
    for (before, after) in zip(sequences, sequences.dropFirst()) where after <= before {
      world.violation("6: \(Self.name(link)): event \(after) after \(before)")
    }
    if let last = sequences.last, last > link.sequence {
      world.violation("6: \(Self.name(link)): the link is at \(link.sequence), an event at \(last)")
    }
  }

  /// 5: one live link per order.
  private func judgeOrders(_ links: [PaymentLink]) {
    for (name, group) in Dictionary(grouping: links, by: { "\($0.merchant) \($0.order)" }) {
      // Money that comes for a link that ended makes it live again: that is late money, and asks for a person or completes.
      let offered = group.filter { $0.status == .creating || $0.status == .active }
      if offered.count > 1
        || (offered.count == 1
          && group.contains { $0.id != offered[0].id && $0.isLive && $0.payments.allSatisfy { !$0.flags.contains(.late) } })
      {
        world.violation("5: \(name) has \(group.filter(\.isLive).map(Self.name)) live")
      }
    }
  }

  /// 1, 2, 5: what the acquirer did is what was asked for, once, and what the books say.
  private func judgeMoney(of family: Family, _ links: [PaymentLink], _ events: [LinkID: [Event]]) async throws {
    let list = try JSONDecoder().decode(ShownList.self, from: try await read(family, "/control/payments")).payments
    for (order, group) in Dictionary(grouping: list, by: { $0.pg_order_id ?? "" }) {
      let keys = world.keys(of: order).count
      if group.count > keys { world.violation("5: order \(order): \(group.count) pages for \(keys) keys") }
    }
    for entry in list {
      let shown = try JSONDecoder().decode(Shown.self, from: try await read(family, "/control/payments/\(entry.pg_payment_id)"))
      let link = links.first { link in
        link.merchant.text == family.rawValue && link.payments.contains { $0.id?.number == shown.pg_payment_id }
      }
      try judge(shown, link, link.map { events[$0.id] ?? [] } ?? [])
    }
  }

  private func judge(_ shown: Shown, _ link: PaymentLink?, _ events: [Event]) throws {
    let what = "payment \(shown.pg_payment_id) of \(shown.pg_order_id ?? "-")"
    let captured = try hundredths(shown.captured)
    let refunded = try hundredths(shown.refunded)
    let amount = try hundredths(shown.pg_amount)
    let deeds = shown.operations ?? []
    if captured > amount || refunded > captured { world.violation("1: \(what): captured \(captured) of \(amount), refunded \(refunded)") }
    for kind in ["capture", "cancel"] where deeds.count(where: { $0.kind == kind && $0.status == "success" }) > 1 {
      world.violation("1: \(what): \(kind) done twice")
    }
    guard let link, let payment = link.payments.first(where: { $0.id?.number == shown.pg_payment_id }) else {
      if shown.status == "success" { world.violation("2: \(what) has money that no link knows") }
      return
    }
    try judgeDeeds(deeds, what, link, payment)
    guard !asksForPerson(link, events) || (link.status == .review && !Self.hasOpen(link, payment)) else { return }
    let expected: (PaymentStatus, Int64)? =
      switch shown.status {
      case "success" where captured == 0: (.authorized, amount)
      case "success": (refunded == 0 ? .paid : refunded < captured ? .partiallyRefunded : .refunded, amount)
      case "revoked": (.canceled, amount)
      default: nil
      }
    let books = "\(payment.status.rawValue) \(payment.amount?.minorUnits ?? 0) captured \(payment.captured) refunded \(payment.refunded)"
    let acquirer = "\(shown.status) \(amount) captured \(captured) refunded \(refunded)"
    if let (status, sum) = expected {
      let isEqual =
        payment.status == status
        && (status == .canceled || (payment.amount?.minorUnits == sum && payment.captured == captured && payment.refunded == refunded))
      if !isEqual { world.violation("2: \(what) of \(Self.name(link)): the books say \(books), the acquirer \(acquirer)") }
    } else if payment.status.hasMoney {
      world.violation("2: \(what) of \(Self.name(link)): the books say \(books), the acquirer \(acquirer)")
    }
  }

  /// Never more was done at the acquirer than operations of ours that succeeded or whose end is open; and none was done by anybody else.
  private func judgeDeeds(_ deeds: [Shown.Deed], _ what: String, _ link: PaymentLink, _ payment: Payment) throws {
    let ours = link.operations.filter { $0.payment == payment.ordinal }
    if ours.contains(where: { $0.origin == .acquirer }) { world.violation("1: \(what): the books name a refund that nobody else made") }
    for kind in Operation.Kind.allCases {
      let told = ours.filter { $0.kind == kind && ($0.status == .succeeded || $0.status == .sent || $0.status == .unknown) }
      let asked = told.reduce(0) { $0 + $1.amount.minorUnits }
      let done = try deeds.filter { $0.kind == kind.rawValue && $0.status == "success" }.reduce(0) { try $0 + hundredths($1.amount) }
      if done > asked { world.violation("1: \(what): \(kind.rawValue) of \(done) done, \(asked) asked and not failed") }
      let claimed = ours.count { $0.kind == kind && $0.sentAt != nil }
      let left = payment.id.map { world.sent(kind.rawValue, of: $0.number) } ?? 0
      if left > claimed { world.violation("1: \(what): \(kind.rawValue) sent \(left) times for \(claimed) that may have been sent") }
    }
  }

  /// 3: no callback was answered ok whose message is not in the books.
  private func judgeCallbacks() async throws {
    let acknowledged = world.acknowledged
    let stored = try await DatabaseQueue(path: path).read { db in
      var counts: [World.Message: Int] = [:]
      for row in try Row.fetchAll(
        db, sql: "SELECT payment, source, count(*) AS number FROM message WHERE payment IS NOT NULL GROUP BY 1, 2")
      {
        counts[.init(payment: row["payment"], kind: row["source"])] = row["number"]
      }
      return counts
    }
    for (callback, count) in acknowledged where stored[callback] ?? 0 < count {
      world.violation("3: \(count) \(callback.kind)s of payment \(callback.payment) answered ok, \(stored[callback] ?? 0) stored")
    }
  }

  private static func hasOpen(_ link: PaymentLink, _ payment: Payment) -> Bool {
    link.operations.contains { $0.payment == payment.ordinal && $0.status.isOpen }
  }

  private func read(_ family: Family, _ path: String) async throws -> Data {
    Data(try await Wire.bytes(await acquirers[family].respond(to: try Request(.get, path))))
  }

  private func hundredths(_ text: String?) throws -> Int64 {
    guard let text else { return 0 }
    return try Money(decimal: text, currency: try Currency("UZS")).minorUnits
  }
}
