/// The two products of Freedom Pay that open payment pages; their calls differ in path, limits and error codes (protocol §2.1). One shop's
/// payments are known to the calls of both.
enum Family: String, Sendable {
  case gateway
  case merchant
}

/// A call that the sandbox takes, as the documentation lists it.
struct SandboxCall: Equatable, Sendable {
  /// What the call does; also the word that fault rules name it by.
  enum Operation: String, Sendable {
    case anyAmount = "any_amount"
    case paymentPage = "payment_page"
    case initPayment = "init_payment"
    case status
    case capture
    case cancel
    case refund
  }

  var operation: Operation
  var family: Family
  /// Every path it answers on; the first is the documented one.
  var paths: [String]

  static let all = [
    SandboxCall(operation: .anyAmount, family: .gateway, paths: ["/g2g/any_amount"]),
    SandboxCall(operation: .paymentPage, family: .gateway, paths: ["/g2g/payment_page/", "/g2g/payment_page"]),
    SandboxCall(operation: .anyAmount, family: .merchant, paths: ["/any_amount.php"]),
    SandboxCall(operation: .initPayment, family: .merchant, paths: ["/init_payment.php", "/init_payment"]),
    SandboxCall(operation: .status, family: .gateway, paths: ["/g2g/status_v2"]),
    SandboxCall(operation: .status, family: .merchant, paths: ["/get_status3.php"]),
    SandboxCall(operation: .capture, family: .gateway, paths: ["/g2g/clearing"]),
    SandboxCall(operation: .capture, family: .merchant, paths: ["/do_capture.php"]),
    SandboxCall(operation: .cancel, family: .gateway, paths: ["/g2g/cancel"]),
    SandboxCall(operation: .cancel, family: .merchant, paths: ["/cancel.php", "/cancel"]),
    SandboxCall(operation: .refund, family: .gateway, paths: ["/g2g/refund"]),
    SandboxCall(operation: .refund, family: .merchant, paths: ["/revoke.php", "/revoke"]),
  ]
}

/// An error answer of the protocol: `pg_status=error` with a code and a text (protocol §2.5, §10).
struct Refusal: Error, Equatable, Sendable {
  var code: Int
  var description: String
  /// The answers to a message whose sender or payment is not known carry neither pg_salt nor pg_sig (protocol §1.1).
  var isSigned = true
  var httpStatus = 200

  /// 9998 in the Gateway family (its prose), 9997 in the Merchant family (the official table of catalogue §10.4).
  static func unknownMerchant(_ family: Family) -> Refusal {
    Refusal(code: family == .gateway ? 9998 : 9997, description: "Мерчант не найден", isSigned: false)
  }

  static func wrongSignature(httpStatus: Int) -> Refusal {
    Refusal(code: 1100, description: "Некорректная подпись запроса", isSigned: false, httpStatus: httpStatus)
  }

  /// Bad input: 9403 in the newer Gateway stack, 200 in the legacy family.
  static func badField(_ error: FieldError, _ family: Family) -> Refusal {
    Refusal(code: family == .gateway ? 9403 : 200, description: "Некорректный параметр \(error.name): \(error.reason)")
  }

  static let unknownPayment = Refusal(code: 11068, description: "Платеж не найден", isSigned: false)
}

/// A parameter that is missing or not as documented.
struct FieldError: Error, Equatable, Sendable {
  var name: String
  var reason: String
}
