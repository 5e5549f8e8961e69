import Payments

/// How urgent the next look at a link is, the most urgent first (design §6).
enum LookRank: Int, CaseIterable {
  /// Nobody knows whether its page, or its money, is there, or whether an operation was done.
  case unclear
  /// A check was answered and no result came.
  case checked
  /// Money is held.
  case held
  case expired
  case other
}

extension PaymentLink {
  var lookRank: LookRank {
    if status == .creating || payments.contains(where: { $0.status == .unknown }) { return .unclear }
    if operations.contains(where: { $0.status == .sent || $0.status == .unknown }) { return .unclear }
    if payments.contains(where: { $0.checkedAt != nil }) { return .checked }
    if payments.contains(where: { $0.status == .authorized }) { return .held }
    return status == .expired ? .expired : .other
  }
}
