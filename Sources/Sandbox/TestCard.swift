/// A card of the published lists (protocol §11, catalogue §10.1). The sandbox takes no other number: nobody's real card ever gets here.
struct TestCard: Equatable, Sendable {
  /// What the bank says.
  enum Outcome: Equatable, Sendable {
    /// With or without the 3DS step, which the sandbox passes without a question.
    case success(is3DS: Bool)
    case decline(code: Int)
  }

  var number: String
  var outcome: Outcome
  /// The operations on its payments that fail (catalogue §10.1, the matrix).
  var failing: Set<SandboxOperation.Kind> = []

  static let all: [TestCard] =
    ["4400444400004440", "5555555555555599"].map { TestCard($0, .success(is3DS: false)) }
    + [
      TestCard("4716047261941981", .success(is3DS: false), failing: [.cancel]),
      TestCard("4939770956154989", .success(is3DS: false), failing: [.capture]),
      TestCard("4400444400004444", .success(is3DS: true)),
      TestCard("4916307416334310", .success(is3DS: true), failing: [.cancel, .refund]),
      TestCard("5367654276102126", .success(is3DS: true), failing: [.capture]),
    ]
    + ["6224466455690681278", "623275279933273424", "62528733472390953"].map { TestCard($0, .success(is3DS: false)) }
    + [
      ("4400444400004443", 10009), ("4400444400004446", 9014), ("5335215945367703", 9999), ("4400444400004441", 9999),
      ("5475102935853613", 10038), ("5555555555555557", 11024), ("4400444400004445", 11008), ("4444444411111111", 10022),
      ("4444444499999999", 10018), ("5548398681700148", 10009), ("4916109830832246", 100066), ("4400444400004442", 100066),
      ("4400444400004447", 10004), ("5484458131482832", 10004), ("4444444444444422", 10001),
    ].map { TestCard($0, .decline(code: $1)) }

  static let byNumber = Dictionary(uniqueKeysWithValues: all.map { ($0.number, $0) })

  init(_ number: String, _ outcome: Outcome, failing: Set<SandboxOperation.Kind> = []) {
    self.number = number
    self.outcome = outcome
    self.failing = failing
  }

  /// The card of that number; blanks and hyphens do not count. Nil where the lists do not have it.
  static func find(_ text: String) -> TestCard? {
    byNumber[text.filter { $0 != " " && $0 != "-" }]
  }

  /// `4400-44XX-XXXX-4440`, for numbers of every length: the first six and the last four digits stay.
  var mask: String {
    "\(number.prefix(4))-\(number.dropFirst(4).prefix(2))XX-XXXX-\(number.suffix(4))"
  }

  /// pg_card_brand.
  var brand: String {
    switch number.first {
    case "4": "VI"
    case "5": "MC"
    default: "CU"
    }
  }
}

/// Why a payment failed: pg_failure_code and the text for the payer (Russian, as the real one writes; protocol §4.1, §10).
struct PaymentFailure: Equatable, Sendable {
  var code: Int
  var description: String

  /// The payer gave up (legacy code 400).
  static let canceledByPayer = PaymentFailure(code: 400, description: "Платеж отменен плательщиком")
  /// The shop's check did not agree, or nobody could say that it did.
  static func refusedByShop(_ description: String?) -> PaymentFailure {
    PaymentFailure(code: 10000, description: description ?? "Магазин не подтвердил возможность платежа")
  }
  /// The shop answered the result with `rejected`.
  static func reversedByShop(_ description: String?) -> PaymentFailure {
    PaymentFailure(code: 10000, description: description ?? "Магазин отказался от платежа")
  }

  /// The hold was released: legacy code 400, cancelled by the payer or the payment system (catalogue §10.4).
  static let released = PaymentFailure(code: 400, description: "Платеж отменен")

  static func declined(code: Int) -> PaymentFailure {
    let description =
      switch code {
      case 10001: "Ошибка оплаты. Обратитесь в банк, выпустивший карту."
      case 10004: "Код 3DSecure не введен или введен неверно."
      case 10009, 11008: "Недостаточно средств на карте."
      case 10018, 10022, 10038, 11024: "Отказано банком, выпустившим карту."
      case 9999: "Системная ошибка."
      default: "Ошибка оплаты. Повторите попытку позже."
      }
    return PaymentFailure(code: code, description: description)
  }
}
