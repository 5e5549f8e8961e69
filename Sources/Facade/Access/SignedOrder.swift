import JSON
import Payments

/// An order that a shop's back end signed for a browser to hand in: a JWT (RFC 7519) in compact form whose claims are members of the create body.
///
/// `aud` is our public_url, `exp` at most an hour ahead, `jti` serves as the Idempotency-Key; `iat`, `nbf`, `iss` and `sub` may be there (design §4.3).
struct SignedOrder: Sendable {
  /// The members of the create body, faults of which stand at `pointer`.
  let members: [String: JSONTree]
  /// 1 to 255 visible ASCII characters.
  let jti: String

  static let pointer = "/signed_order"
  static let longestLife: Int64 = 3600
  /// A body of ours has 64 KiB; a token within it grows by a third.
  static let longest = 64 * 1024

  private static let claims: Set<String> = ["aud", "exp", "jti", "iat", "nbf", "iss", "sub"]

  /// Verifies first, and reads claims only of what the shop has signed.
  /// - Parameters:
  ///   - audience: our own address, as public_url has it.
  ///   - now: the gateway's clock.
  init(_ text: String, key: OrderKey, audience: String, now: Timestamp) async throws(Problem) {
    let claims = try await Self.verified(text, key)
    var reader = ObjectReader(claims.filter { Self.claims.contains($0.key) }, at: Self.pointer)
    reader.value("aud", isRequired: true) { tree throws(ValueFault) in try Self.judge(audience: tree, audience) }
    let seconds = now.milliseconds / 1000
    if let end = reader.integer("exp", isRequired: true, in: 0...Self.lastSecond) {
      if end * 1000 <= now.milliseconds { reader.fault("exp", .outOfRange, "is over") }
      if end * 1000 > now.milliseconds + Self.longestLife * 1000 { reader.fault("exp", .outOfRange, "must be at most an hour ahead") }
    }
    if let begin = reader.integer("nbf", in: 0...Self.lastSecond), begin > seconds {
      reader.fault("nbf", .outOfRange, "is not reached yet")
    }
    _ = reader.integer("iat", in: 0...Self.lastSecond)
    _ = reader.text("iss", TextRule(length: 0...255))
    _ = reader.text("sub", TextRule(length: 0...255))
    let jti = reader.text("jti", isRequired: true, Self.jti)
    if claims["test"] != nil { reader.fault("test", .unknownMember, "cannot be set by a signed order") }
    guard reader.faults.isEmpty, let jti else {
      throw Problem(faults: CardNumber.faults(in: .object(claims), at: Self.pointer) + reader.faults)
    }
    self.jti = jti
    members = claims.filter { !Self.claims.contains($0.key) }
  }

  /// 9999-12-31: later seconds would overflow milliseconds, and are nobody's.
  private static let lastSecond: Int64 = 253_402_300_799

  private static let jti = TextRule(
    length: 1...IdempotencyKey.longest, form: ({ $0.utf8.allSatisfy { (0x21...0x7e).contains($0) } }, "must be of visible ASCII characters")
  )

  /// `header.payload.signature`, each base64url. What the header says of the algorithm must be what the settings say, and picks nothing (RFC 8725 §3.1, §3.2).
  private static func verified(_ text: String, _ key: OrderKey) async throws(Problem) -> [String: JSONTree] {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard text.utf8.count <= longest, parts.count == 3, let header = object(parts[0]), let signature = Base64URL.bytes(parts[2]) else {
      throw fault(.malformed, "must be a JWT in compact form")
    }
    guard header["alg"] == .text(key.algorithm.rawValue) else {
      throw fault(.invalid, "must be signed with \(key.algorithm.rawValue), the algorithm of this key")
    }
    guard header["crit"] == nil else { throw fault(.invalid, "must have no critical header members") }
    guard await key.verifies(signature, of: Array("\(parts[0]).\(parts[1])".utf8)) else {
      throw fault(.invalid, "does not verify with the key of this gateway's settings")
    }
    guard let claims = object(parts[1]) else { throw fault(.malformed, "must carry one JSON object, each member once") }
    return claims
  }

  private static func object(_ part: Substring) -> [String: JSONTree]? {
    guard let bytes = Base64URL.bytes(part), let tree = try? JSONTree(bytes), case .object(let members) = tree else { return nil }
    return members
  }

  private static func judge(audience tree: JSONTree, _ audience: String) throws(ValueFault) {
    switch tree {
    case .text(audience): return
    case .list(let items) where items.contains(.text(audience)): return
    case .text, .list: throw ValueFault(.invalid, "must be this gateway's public address")
    default: throw ValueFault(.wrongType, "must be a text or a list of texts")
    }
  }

  private static func fault(_ code: FieldFault.Code, _ detail: String) -> Problem {
    Problem(faults: [FieldFault(pointer: pointer, code: code, detail: detail)])
  }
}
