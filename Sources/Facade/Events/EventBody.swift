import Payments

/// An event as the shop sees it (design §4.5).
struct EventBody: Encodable, Sendable {
  let id: String
  let type: Event.Kind
  let timestamp: String
  let sequence: Int64
  let data: Content

  struct Content: Encodable, Sendable {
    let link: Nullable<LinkBody>
  }

  init(_ event: Event, publicURL: String, view: LinkBody.View) {
    id = event.id.text
    type = event.kind
    timestamp = event.at.rfc3339
    sequence = event.sequence
    data = Content(link: Nullable(event.link.map { LinkBody($0, publicURL: publicURL, view: view) }))
  }
}
