extension PaymentLink {
  /// Sets when Reconcile looks next (design §6). A link that somebody was seen to open is asked about soon and often; one that nobody
  /// opened, only after its end.
  mutating func scheduleLook(after now: Timestamp) {
    let looks =
      (needsLooking ? [lookTimes.first { $0 > now }] : []) + payments.map { $0.ownLook(after: now) } + operations.map(\.nextLookAt)
      + [freshOpeningLook(after: now)]
    nextLookAt = looks.compactMap(\.self).min()
  }

  /// Whether an answer could still change anything.
  private var needsLooking: Bool {
    switch status {
    // Its money is settled, or there is none; only an attempt that may still be under way is worth a question.
    case .completed, .failed: payments.contains { $0.status == .authorized || $0.status == .unknown || $0.checkedAt != nil }
    case .creating, .active, .review, .expired, .canceled: payments.contains { !$0.status.isFinal || $0.checkedAt != nil }
    }
  }

  /// All looks of this link, earliest first.
  private var lookTimes: [Timestamp] {
    let checked = payments.compactMap(\.checkedAt)
    guard let seen = ([seenAt].compactMap { $0 } + checked).max() else {
      return [.minutes(1), .minutes(130)].map { expiresAt + $0 }
    }
    var times = [1, 2, 5, 10, 30].map { seen + .minutes($0) }
    // Hourly until the end: at most 90 days of them.
    var hour = seen + .minutes(90)
    while hour < expiresAt {
      times.append(hour)
      hour = hour + .hours(1)
    }
    // Past the acquirer's last repeat, which comes up to 2 h after the payment (protocol §4.3), then daily for 7 days.
    let afterEnd: [Duration] = [.minutes(1), .minutes(30), .minutes(130)] + (1...7).map { .days($0) }
    times += afterEnd.map { expiresAt + $0 }
    return times.sorted()
  }
}

extension Payment {
  /// The looks that a payment needs whatever its link's do: after our reject, and around the day on which the acquirer captures a hold.
  fileprivate func ownLook(after now: Timestamp) -> Timestamp? {
    [rejectLook(after: now), holdLook(after: now)].compactMap(\.self).min()
  }

  /// What nobody could tell by the last of them is a person's (`isTimeForPerson`), and is asked about daily for a week more.
  private func rejectLook(after now: Timestamp) -> Timestamp? {
    guard let rejectedAt, status == .unknown || needsAsking(at: now) else { return nil }
    let looks = Self.rejectLooks + (status == .unknown ? (1...7).map { .days($0) } : [])
    return looks.map { rejectedAt + $0 }.first { $0 > now }
  }

  /// The shop is told first, even late; then come the looks for the acquirer's own capture.
  private func holdLook(after now: Timestamp) -> Timestamp? {
    guard status == .authorized, let captureBy else { return nil }
    if captureToldAt == nil { return max(captureBy - Self.captureNotice, now) }
    return [.minutes(1), .hours(1), .days(1)].map { captureBy + $0 }.first { $0 > now }
  }

  /// How long before the acquirer captures a hold the shop is told (design §6).
  static let captureNotice = Duration.days(1)

  /// Whether the shop must be told now that the acquirer captures soon.
  func isCaptureDue(at now: Timestamp) -> Bool {
    guard status == .authorized, captureToldAt == nil, let captureBy else { return false }
    return captureBy - Self.captureNotice <= now
  }

  /// Whether a person must be asked what became of a reject: once, at the last look of the first hours.
  func isTimeForPerson(lastAskedAt: Timestamp?, now: Timestamp) -> Bool {
    guard status == .unknown, let rejectedAt, let last = Self.rejectLooks.last else { return false }
    let end = rejectedAt + last
    return now >= end && (lastAskedAt.map { $0 < end } ?? true)
  }
}
