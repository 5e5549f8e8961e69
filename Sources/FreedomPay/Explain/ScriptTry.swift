/// A script name worth a try, and how somebody may have come to it (protocol §1.2, §1.6).
struct ScriptTry: Sendable, Equatable {
  enum Origin: Sendable, Equatable {
    /// The name that this message should have been signed with.
    case expected
    /// With `.php`, or without.
    case suffix
    /// Empty, as the oldest reference code has it behind a trailing slash.
    case slash
    /// Another part of the address.
    case path
    /// The address with its query, or a name still percent-encoded.
    case unparsed
    /// The name of another call or callback.
    case known
    /// No name at all, not even its separator.
    case leftOut
  }

  /// nil: neither the name nor the separator behind it.
  var name: String?
  var origin: Origin

  /// Names of calls, callbacks and returns that captures come from.
  static let wellKnown = [
    "result", "check", "callback", "success", "failure", "return", "init_payment.php", "init_payment", "payment_page", "any_amount",
    "any_amount.php", "get_status3.php", "get_status2.php", "get_status.php", "status_v2", "status", "revoke.php", "revoke", "cancel",
    "cancel.php", "do_capture.php", "clearing", "refund", "reverse", "result.php", "check.php", "index.php", "add", "init", "direct",
  ]

  /// All names for an address, the expected one left out; each name once, the likeliest reason first.
  static func others(than expected: ScriptName?, address: String?) -> [ScriptTry] {
    var tries: [ScriptTry] = []
    func add(_ name: String, _ origin: Origin) {
      if name != expected?.text, !tries.contains(where: { $0.name == name }) { tries.append(ScriptTry(name: name, origin: origin)) }
    }
    if let name = expected?.text, !name.isEmpty {
      add(name.hasSuffix(".php") ? String(name.dropLast(4)) : "\(name).php", .suffix)
    }
    if let address {
      let path = CapturedMessage.path(of: address)
      if path.hasSuffix("/") { add("", .slash) }
      let segments = path.split(separator: "/").dropFirst(path.contains("://") ? 2 : 0).suffix(8).map(String.init)
      for segment in segments.reversed() {
        add(segment, .path)
        if let decoded = TextCoding.utf8.text(PercentCoding.decoded(Array(segment.utf8), plusIsBlank: false)) { add(decoded, .unparsed) }
        add("\(segment).php", .path)
      }
      add(segments.joined(separator: "/"), .unparsed)
      add("/" + segments.joined(separator: "/"), .unparsed)
      if let last = address.split(separator: "/").last { add(String(last), .unparsed) }
      add(address, .unparsed)
    }
    for name in wellKnown { add(name, .known) }
    add("", .slash)
    return tries + [ScriptTry(name: nil, origin: .leftOut)]
  }
}
