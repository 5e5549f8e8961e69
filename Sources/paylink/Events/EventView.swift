/// An event as the command shows it to a person.
struct EventView: Decodable {
  struct DataView: Decodable {
    var link: LinkPart?
  }

  struct LinkPart: Decodable {
    var id: String
    var status: String
    var orderID: String
    var merchant: String

    enum CodingKeys: String, CodingKey {
      case id, status, merchant
      case orderID = "order_id"
    }
  }

  var id: String
  var type: String
  var timestamp: String
  var sequence: Int64
  var data: DataView

  var line: String {
    let link = data.link.map { "  \($0.id) #\(sequence)  \($0.orderID) of \($0.merchant): \($0.status)" } ?? ""
    return "\(id)  \(timestamp)  \(type)\(link)"
  }
}

struct EventListView: Decodable {
  var data: [EventView]
  var hasMore: Bool
  var nextCursor: String?

  enum CodingKeys: String, CodingKey {
    case data
    case hasMore = "has_more"
    case nextCursor = "next_cursor"
  }

  var lines: [String] {
    let lines = data.isEmpty ? ["no events"] : data.map(\.line)
    return lines + (hasMore ? nextCursor.map { ["more: --cursor \($0)"] } ?? [] : [])
  }
}

struct ReplayView: Decodable {
  var event: String
  var endpoints: [String]

  var line: String { "\(event)  \(endpoints.isEmpty ? "no endpoint wants it" : "queued for \(endpoints.joined(separator: ", "))")" }
}

struct DeliveryListView: Decodable {
  struct Delivery: Decodable {
    struct Attempt: Decodable {
      var at: String
      var durationMs: Int64
      var httpStatus: Int?
      var failure: String?

      enum CodingKeys: String, CodingKey {
        case at, failure
        case durationMs = "duration_ms"
        case httpStatus = "http_status"
      }

      var line: String { "  \(at)  \(httpStatus.map(String.init) ?? failure ?? "-")  \(durationMs) ms" }
    }

    var event: String
    var type: String
    var endpoint: String
    var status: String
    var tries: Int
    var nextAt: String?
    var attempts: [Attempt]

    enum CodingKeys: String, CodingKey {
      case event, type, endpoint, status, tries, attempts
      case nextAt = "next_at"
    }

    var lines: [String] {
      let next = nextAt.map { ", next \($0)" } ?? ""
      return ["\(event)  \(type) to \(endpoint): \(status), \(tries) \(tries == 1 ? "try" : "tries")\(next)"] + attempts.map(\.line)
    }
  }

  var data: [Delivery]
  var nextCursor: String?

  enum CodingKeys: String, CodingKey {
    case data
    case nextCursor = "next_cursor"
  }

  var lines: [String] {
    (data.isEmpty ? ["no deliveries"] : data.flatMap(\.lines)) + (nextCursor.map { ["more: --cursor \($0)"] } ?? [])
  }
}

struct EndpointView: Decodable {
  var name: String
  var status: String
  var disabledAt: String?
  var restsUntil: String?
  var waiting: Int
  var dead: Int

  enum CodingKeys: String, CodingKey {
    case name, status, waiting, dead
    case disabledAt = "disabled_at"
    case restsUntil = "rests_until"
  }

  var line: String {
    let since = disabledAt.map { " since \($0): it said that it is gone (410)" } ?? restsUntil.map { ", rests until \($0)" } ?? ""
    return "\(name)  \(status)\(since), \(waiting) waiting, \(dead) dead"
  }
}

struct EndpointListView: Decodable {
  var data: [EndpointView]

  var lines: [String] { data.isEmpty ? ["no endpoints: webhooks in the settings"] : data.map(\.line) }
}
