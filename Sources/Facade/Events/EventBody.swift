package import Payments

/// An event as feed, stream and delivery show it (design §4.5):
///
///     {"id": "evt_…", "type": "payment.paid", "timestamp": "…", "sequence": 3, "data": {"link": {…}}}
///
/// Members are sorted, so the same event is always the same bytes. An event goes to more hands than the answer of a call, and is kept in logs and queues: its link carries
/// nothing that opens anything, so neither `client_token` nor `short_url`, `url` and `qr`. Whoever wants those reads the link with a key.
package struct EventBody: Encodable, Sendable {
  /// Who reads.
  package enum Reader: Sendable {
    /// A key's owner, or an endpoint of the shop.
    case shop
    /// Whoever holds the link's client token: sees no more of the link than by reading it.
    case client
  }

  let id: String
  let type: String
  let timestamp: String
  let sequence: Int64
  let data: DataBody

  struct DataBody: Encodable, Sendable {
    /// As it stood after the change; null where no link is known.
    let link: Nullable<LinkBody>
    /// What a message said of a payment that no link has; left out with a link.
    let orphan: OrphanBody?
  }

  package init(_ event: Event, for reader: Reader = .shop) {
    id = event.id.text
    type = event.kind.rawValue
    timestamp = event.at.rfc3339
    sequence = event.sequence
    data = DataBody(
      link: Nullable(event.link.map { LinkBody(inEvent: $0, view: reader == .shop ? .key : .clientToken) }),
      orphan: event.orphan.map { OrphanBody($0) })
  }

  /// What goes over the wire.
  package var bytes: [UInt8] { JSONAnswer.bytes(self) }
}

extension Event.Kind {
  /// Whether the holder of a client token is told of it: flags, anomalies and refunds are between shop and acquirer (design §4.3).
  package var isForClient: Bool {
    switch self {
    case .linkActive, .linkCompleted, .linkReview, .linkFailed, .linkExpired, .linkCanceled: true
    case .paymentAuthorized, .paymentPaid, .paymentFailed, .paymentCanceled: true
    default: false
    }
  }
}
