import Facade
import Payments
import Webhooks

/// An event of a test link that never was, for trying a receiver. It is written as real ones are.
enum SampleEvent {
  static func bytes(_ sample: Certification.Sample) -> [UInt8] {
    let link = link(sample)
    let event = Event(
      id: sample.id, kind: .linkCompleted, at: sample.at, merchant: link.merchant, sequence: sample.sequence, link: link)
    let text = String(decoding: EventBody(event).bytes, as: UTF8.self)
    // The one member that a sample may have otherwise than our own words.
    let written = "\"type\":\"\(Event.Kind.linkCompleted.rawValue)\""
    return Array(text.replacing(written, with: "\"type\":\"\(sample.type)\"").utf8)
  }

  private static func link(_ sample: Certification.Sample) -> PaymentLink {
    let at = Timestamp(milliseconds: 1_795_000_000_000)
    do {
      let sum = Money(minorUnits: 15_000_000, currency: try Currency("UZS"))
      var payment = Payment(ordinal: 1, id: try PaymentID(1), status: .paid, createdAt: at)
      payment.amount = sum
      payment.captured = sum.minorUnits
      payment.method = "bankcard"
      payment.paidAt = at
      return PaymentLink(
        id: sample.link, merchant: try MerchantName("sample"), order: try OrderID("SAMPLE"), terms: terms(sum, isLong: sample.isLong),
        tokens: .init(),
        createdAt: at, expiresAt: at + .hours(24), status: .completed, sequence: sample.sequence, page: nil, payments: [payment],
        operations: [], seenAt: nil, acceptedAt: nil, canceledAt: nil, openings: 1, askedAt: nil, nextLookAt: nil)
    } catch {
      preconditionFailure("a sample keeps to our own rules: \(error)")
    }
  }

  private static func terms(_ sum: Money, isLong: Bool) -> LinkTerms {
    var terms = LinkTerms(amount: .exactly(sum), description: "A sample of paylink")
    terms.isTest = true
    guard isLong else { return terms }
    terms.description = String(repeating: "Счёт ", count: 200)
    let texts = (1...20).map { ("field-\($0)", String(repeating: "ў\"\\ 🙂 ", count: 80)) }
    terms.metadata = Dictionary(uniqueKeysWithValues: texts)
    return terms
  }
}
