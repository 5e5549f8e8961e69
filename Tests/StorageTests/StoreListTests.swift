import Payments
import Testing

/// Lists and what is due, on every engine.
@Suite("Store lists") struct StoreListTests {
  @Test("goes through a list page by page, newest first, each link once, links of one moment too", arguments: Engine.all)
  func pages(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let other = Sample.merchant("other")
      var links: [PaymentLink] = []
      // Three links share each moment; every second one is another merchant's.
      for index in 0..<24 {
        let link = Sample.link("O\(index)", merchant: index % 2 == 0 ? Sample.shop : other, at: Sample.at(index / 3))
        try await store.insert(link)
        links.append(link)
      }
      let sorted = links.sorted { ($0.createdAt, $0.id.text) > ($1.createdAt, $1.id.text) }
      for merchants in [[Sample.shop], [other, Sample.shop], [other, other]] {
        for limit in [1, 5, 11, 12, 13, 23, 24, 25] {
          var query = LinkQuery(merchants: merchants, limit: limit)
          var seen: [LinkID] = []
          for _ in 0...24 {
            let page = try await store.links(query)
            #expect(page.links.count <= limit)
            seen += page.links.map(\.id)
            guard page.hasMore, let last = page.links.last else { break }
            query.after = LinkPosition(createdAt: last.createdAt, id: last.id)
          }
          #expect(seen == sorted.filter { merchants.contains($0.merchant) }.map(\.id), "\(merchants) by \(limit)")
        }
      }
    }
  }

  @Test("has more exactly when there is more", arguments: Engine.all)
  func hasMore(_ engine: Engine) async throws {
    try await engine.withStore { store in
      for index in 0..<3 { try await store.insert(Sample.link("O\(index)")) }
      #expect(try await store.links(LinkQuery(merchants: [Sample.shop], limit: 2)).hasMore)
      #expect(try await !store.links(LinkQuery(merchants: [Sample.shop], limit: 3)).hasMore)
      #expect(try await !store.links(LinkQuery(merchants: [Sample.merchant("none")], limit: 3)).hasMore)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let expected: [String]
    let narrow: @Sendable (inout LinkQuery) -> Void

    init(_ name: String, _ expected: [String], _ narrow: @escaping @Sendable (inout LinkQuery) -> Void) {
      testDescription = name
      self.expected = expected
      self.narrow = narrow
    }
  }

  static let cases = [
    Case("nothing", ["D", "C", "B", "A", "A"]) { _ in },
    Case("order", ["A", "A"]) { $0.order = Sample.order("A") },
    Case("status", ["C", "A"]) { $0.status = .canceled },
    Case("order and status", ["A"]) {
      $0.order = Sample.order("A")
      $0.status = .canceled
    },
    Case("a flag that two have", ["D", "B"]) { $0.flag = .late },
    Case("a flag that one has", ["D"]) { $0.flag = .testMismatch },
    Case("a flag that none has", []) { $0.flag = .over },
    Case("flag, status and order", ["D"]) {
      $0.flag = .late
      $0.status = .review
      $0.order = Sample.order("D")
    },
    Case("from a link's own moment on", ["D", "C"]) { $0.createdFrom = Sample.at(30) },
    Case("from just after it", ["D"]) { $0.createdFrom = Timestamp(milliseconds: Sample.at(30).milliseconds + 1) },
    Case("to a link's own moment, which is out", ["B", "A", "A"]) { $0.createdTo = Sample.at(30) },
    Case("to just after it", ["C", "B", "A", "A"]) { $0.createdTo = Timestamp(milliseconds: Sample.at(30).milliseconds + 1) },
    Case("a span", ["C", "B"]) {
      $0.createdFrom = Sample.at(20)
      $0.createdTo = Sample.at(40)
    },
    Case("a span that is empty", []) {
      $0.createdFrom = Sample.at(20)
      $0.createdTo = Sample.at(20)
    },
    Case("an end before the cursor", ["A", "A"]) {
      $0.after = LinkPosition(createdAt: Sample.at(40), id: LinkID(at: Sample.at(40)))
      $0.createdTo = Sample.at(20)
    },
    Case("an end after the cursor", ["A", "A"]) {
      $0.after = LinkPosition(createdAt: Sample.at(20), id: LinkID(at: Timestamp(milliseconds: 0)))
      $0.createdTo = Sample.at(90)
    },
  ]

  @Test("narrows a list by", arguments: Engine.all, cases)
  func narrowed(_ engine: Engine, _ test: Case) async throws {
    try await engine.withStore { store in
      try await store.insert(Sample.link("A", at: Sample.at(0), status: .canceled))
      try await store.insert(Sample.link("A", at: Sample.at(10), status: .active))
      try await store.insert(Sample.link("B", at: Sample.at(20), payments: [Sample.attempt(), Sample.attempt(ordinal: 2, flags: [.late])]))
      try await store.insert(Sample.link("C", at: Sample.at(30), status: .canceled))
      try await store.insert(
        Sample.link("D", at: Sample.at(40), status: .review, payments: [Sample.attempt(flags: [.late, .testMismatch])]))
      try await store.insert(
        Sample.link("X", merchant: Sample.merchant("other"), at: Sample.at(30), payments: [Sample.attempt(flags: [.late])]))
      var query = LinkQuery(merchants: [Sample.shop])
      test.narrow(&query)
      #expect(try await store.links(query).links.map(\.order.text) == test.expected)
    }
  }

  @Test("gives what is due by urgency, then by time, and nothing that is not due", arguments: Engine.all)
  func due(_ engine: Engine) async throws {
    try await engine.withStore { store in
      var checked = Sample.attempt()
      checked.checkedAt = Sample.at(1)
      let links = [
        Sample.link("other-late", look: Sample.at(9)),
        Sample.link("other-soon", look: Sample.at(1)),
        Sample.link("expired", status: .expired, look: Sample.at(8)),
        Sample.link("held", payments: [Sample.attempt(.authorized, amount: 1)], look: Sample.at(7)),
        Sample.link("checked", payments: [checked], look: Sample.at(6)),
        Sample.link("unknown", payments: [Sample.attempt(.unknown)], look: Sample.at(5)),
        Sample.link("creating", status: .creating, look: Sample.at(4)),
        Sample.link("at-the-bound", look: Sample.at(10)),
        Sample.link("not-yet", status: .creating, look: Timestamp(milliseconds: Sample.at(10).milliseconds + 1)),
        Sample.link("never", status: .creating),
        Sample.link("foreign", merchant: Sample.merchant("other"), status: .creating, look: Sample.at(1)),
        operated("refund-sent", .sent, look: Sample.at(2)),
        operated("refund-unknown", .unknown, look: Sample.at(3)),
        operated("refund-requested", .requested, look: Sample.at(3)),
        operated("refund-failed", .failed, look: Sample.at(4)),
      ]
      for link in links { try await store.insert(link) }
      func due(_ limit: Int) async throws -> [String] {
        try await store.due(.looks(Sample.shop, pace: .zero), at: Sample.at(10), limit: limit).map(\.order.text)
      }
      let all = [
        "refund-sent", "refund-unknown", "creating", "unknown", "checked", "held", "expired", "other-soon", "refund-requested",
        "refund-failed", "other-late", "at-the-bound",
      ]
      #expect(try await due(100) == all)
      #expect(try await due(3) == Array(all.prefix(3)))
      #expect(try await due(1) == ["refund-sent"])
      try await store.change(links[6]) {
        $0.status = .active
        $0.nextLookAt = Sample.at(5)
      }
      try await store.change(links[5]) { $0.nextLookAt = nil }
      try await store.change(links[11]) { $0.operations[0].status = .succeeded }
      let after = [
        "refund-unknown", "checked", "held", "expired", "other-soon", "refund-sent", "refund-requested", "refund-failed", "creating",
        "other-late", "at-the-bound",
      ]
      #expect(try await due(100) == after)
    }
  }

  private func operated(_ order: String, _ status: Operation.Status, look: Timestamp) -> PaymentLink {
    Sample.link(
      order, status: .completed, payments: [Sample.attempt(.paid, amount: 9, captured: 9)],
      operations: [Sample.operation(9, status: status)], look: look)
  }

  @Test("gives active links past their end, the longest past first", arguments: Engine.all)
  func ended(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.insert(Sample.link("at-the-bound", expires: Sample.at(10)))
      try await store.insert(Sample.link("past", merchant: Sample.merchant("other"), expires: Sample.at(5)))
      try await store.insert(Sample.link("not-yet", expires: Timestamp(milliseconds: Sample.at(10).milliseconds + 1)))
      for status in LinkStatus.allCases where status != .active {
        try await store.insert(Sample.link("s-\(status.rawValue)", status: status, expires: Sample.at(1)))
      }
      #expect(try await store.due(.expiry, at: Sample.at(10), limit: 9).map(\.order.text) == ["past", "at-the-bound"])
      #expect(try await store.due(.expiry, at: Sample.at(10), limit: 1).map(\.order.text) == ["past"])
    }
  }
}
