import Payments
import Testing

@testable import Storage

/// Nobody else loses anything: evidence that is taken away cannot be brought back.
@Suite("Erase and others") struct ErasedStrangersTests {
  private static let other = Sample.merchant("other")

  @Test("finds nobody by a part of a name, and no message by a part of its text or by a value of another kind", arguments: Engine.all)
  func parts(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.insertWithMessages(PayerBooks.theirs("A", number: 5))
      let strays: [[(String, String)]] = [
        [("pg_user_contact_email", PayerBooks.email)], [("pg_param1", "phone 998901234567")], [("pg_param1", "\\\"998901234567")],
      ]
      for fields in strays { try await store.insert(PayerBooks.message(fields, of: nil, payment: nil)) }
      // A shop that numbers its orders with twelve digits.
      try await store.insert(PayerBooks.message([("pg_order_id", "998907654321")], of: nil, payment: nil))
      let before = try await store.everything()
      let strangers: [Payer] = [
        .phone("+99890123456"), .phone("+9989012345678"), .phone("+98901234567"), .phone("+998907654321"), .customer("7"),
        .customer("customer"),
        .email("example.uz"), .email("ayer@example.uz"), .email("payer@example.u"),
      ]
      for payer in strangers { #expect(try await store.erase(payer, metadata: true) == Erased(), "\(payer)") }
      #expect(try await store.everything() == before)
    }
  }

  @Test(
    "takes a message of no link by a whole value: the phone as the acquirer spells it, or with its plus; an email", arguments: Engine.all)
  func wholes(_ engine: Engine) async throws {
    try await engine.withStore { store in
      for fields in [[("pg_user_phone", "998901234567")], [("pg_user_phone", "+998901234567")], [("pg_note", "+998901234567")]] {
        try await store.insert(PayerBooks.message([("pg_amount", "1")] + fields, of: nil, payment: nil))
      }
      try await store.insert(PayerBooks.message([("pg_user_contact_email", PayerBooks.email)], of: nil, payment: nil))
      #expect(try await store.erase(.phone(PayerBooks.phone), metadata: false) == Erased(messages: 3))
      #expect(try await store.erase(.email(PayerBooks.email), metadata: false) == Erased(messages: 1))
    }
  }

  @Test("knows a message of no link by its payment's number at its own merchant alone", arguments: Engine.all)
  func numbers(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let ours = PayerBooks.theirs("A", number: 5)
      try await store.insertWithMessages(ours, isPhoneSeen: false)
      try await store.insertWithMessages(PayerBooks.others("A", number: 5, merchant: Self.other))
      #expect(try await store.erase(.link(ours.id), metadata: false).messages == 2)
      #expect(try await store.everything().contains("[[\"pg_card_pan\",\"4400-43XX-XXXX-0001\"]]".quoted(in: store)))
    }
  }

  @Test("stays within the merchant that is named", arguments: Engine.all)
  func merchants(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let (ours, theirs) = (PayerBooks.theirs("A", number: 5), PayerBooks.theirs("B", number: 6, merchant: Self.other))
      for link in [ours, theirs] { try await store.insertWithMessages(link) }
      for payer in [Payer.customer(PayerBooks.customer), .phone(PayerBooks.phone)] {
        _ = try await store.erase(payer, of: Sample.shop, metadata: false)
      }
      #expect(try await store.link(ours.id)?.terms.customer == Customer())
      #expect(try await store.link(theirs.id) == theirs)
      // The link's and the two of no link.
      let rest = try await store.erase(.phone(PayerBooks.phone), metadata: false, isDryRun: true)
      #expect(rest.erasedLinks == [theirs.id] && rest.messages == 3)
      #expect(try await store.erase(.link(theirs.id), of: Sample.shop, metadata: false) == Erased())
      #expect(try await store.link(theirs.id) == theirs)
    }
  }
}

extension String {
  /// As `everything` shows it: PostgreSQL writes a row's text with its quotes doubled.
  fileprivate func quoted(in store: any BookStore) -> String {
    store is PostgresStore ? replacing("\"", with: "\"\"") : self
  }
}
