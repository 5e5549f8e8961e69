import FoundationEssentials
import HTTPServer
import HTTPTypes

/// The JSON of the control routes (design §4.6).
enum ControlMessages {
  struct Payment: Encodable {
    var id: Int64
    var order: String?
    var amount: String
    var currency: String
    var status: String
    var url: String
    /// What was taken, what was given back, and every operation that was carried out or failed at the bank, the oldest first; only where
    /// one payment is shown. The capture that time alone makes shows in `captured`, and is no operation.
    var captured: String?
    var refunded: String?
    var operations: [Operation]?

    enum CodingKeys: String, CodingKey {
      case id = "pg_payment_id"
      case order = "pg_order_id"
      case amount = "pg_amount"
      case currency = "pg_currency"
      case status, url, captured, refunded, operations
    }
  }

  struct Operation: Encodable {
    var kind: SandboxOperation.Kind
    var amount: String
    var at: String
    var status: String
    /// The number of its own record; a capture has none.
    var id: Int64?

    enum CodingKeys: String, CodingKey {
      case kind, amount, at, status
      case id = "pg_payment_id"
    }

    init(_ operation: SandboxOperation, now: Int64) {
      kind = operation.kind
      amount = operation.amount.text
      at = SandboxTime(milliseconds: operation.at).iso8601
      status = operation.status(at: now).rawValue
      id = operation.id
    }
  }

  struct Payments: Encodable {
    var payments: [Payment]
  }

  struct Pay: Decodable {
    var amount: String?
    var card: String
  }

  /// What a callback was answered: `{"http": 200, "status": "ok", "signed": true}`; `http` null where no answer came.
  struct Answer: Encodable {
    var http: Int?
    var status: String?
    var signed: Bool

    init(_ answer: CallbackAnswer) {
      http = answer.http
      status = answer.status
      signed = answer.isSigned
    }

    enum CodingKeys: CodingKey {
      case http, status, signed
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(http, forKey: .http)
      try container.encode(status, forKey: .status)
      try container.encode(signed, forKey: .signed)
    }
  }

  /// `check` or `result` is null where the call was not made.
  struct Paid: Encodable {
    var check: Answer?
    var result: Answer?
    var status: String
    var redirect: String?

    enum CodingKeys: CodingKey {
      case check, result, status, redirect
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(check, forKey: .check)
      try container.encode(result, forKey: .result)
      try container.encode(status, forKey: .status)
      try container.encode(redirect, forKey: .redirect)
    }
  }

  struct Received: Encodable {
    var at: String
    var path: String
    var fields: [String: String]
    var signature: WireSignature.Verdict

    init(_ request: ReceivedRequest) {
      at = SandboxTime(milliseconds: request.at).iso8601
      path = request.path
      fields = Dictionary(request.fields.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
      signature = request.signature
    }
  }

  struct Requests: Encodable {
    var requests: [Received]
  }

  struct Faults: Codable {
    var seed: UInt64?
    var rules: [FaultRule]
  }

  struct Clock: Decodable {
    var advance: String
  }

  struct Now: Encodable {
    var now: String
    /// Milliseconds ahead of the machine's clock.
    var offset: Int64

    enum CodingKeys: String, CodingKey {
      case now
      case offset = "offset_ms"
    }
  }

  struct Problem: Encodable {
    var error: String
  }

  // MARK: -

  static func read<Message: Decodable>(_ type: Message.Type, _ request: Request) -> Message? {
    try? JSONDecoder().decode(type, from: Data(request.body))  // whatever is wrong with it, the answer is 400
  }

  static func json(_ message: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let bytes = (try? encoder.encode(message)).map { Array($0) } ?? []  // texts and whole numbers always encode
    return Response(status: status, fields: [.contentType: "application/json", .cacheControl: "no-store"], body: .bytes(bytes))
  }

  static func problem(_ status: HTTPResponse.Status, _ error: String) -> Response {
    json(Problem(error: error), status: status)
  }

  static let noPayment = problem(.notFound, "no such payment")
  static let unreadable = problem(.badRequest, "the body is not the JSON that this route takes")

  static func refusal(_ refusal: AttemptRefusal) -> Response {
    switch refusal {
    case .unknownPayment: noPayment
    case .expired: problem(.gone, "the page has expired")
    case .alreadyDecided: problem(.conflict, "the payment is decided already")
    case .underWay: problem(.conflict, "another attempt is under way")
    case .amount(let text), .card(let text): problem(.unprocessableContent, text)
    }
  }

  /// `90s`, `30m`, `2h`, `5d`, `250ms`; at most ten years.
  static func duration(_ text: String) -> Duration? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let number = Int64(digits), number <= 315_576_000_000 else { return nil }
    let unit: Int64? =
      switch text.dropFirst(digits.count) {
      case "ms": 1
      case "s": 1000
      case "m": 60_000
      case "h": 3_600_000
      case "d": 86_400_000
      default: nil
      }
    guard let unit else { return nil }
    let (milliseconds, isTooLong) = number.multipliedReportingOverflow(by: unit)
    return isTooLong || milliseconds > 315_576_000_000 ? nil : .milliseconds(milliseconds)
  }
}
