extension PaymentLink {
  /// Sets when Reconcile looks next (design §6). A link that somebody was seen to open is asked about soon and often; one that nobody
  /// opened, only after its end.
  mutating func scheduleLook(after now: Timestamp) {
    let looks = (needsLooking ? [lookTimes.first { $0 > now }] : []) + operations.map(\.nextLookAt) + [freshOpeningLook(after: now)]
    nextLookAt = looks.compactMap(\.self).min()
  }

  /// Whether an answer could still change anything.
  private var needsLooking: Bool {
    switch status {
    case .failed: false
    // Its money is settled; only an attempt that may still be under way is worth a question.
    case .completed: payments.contains { $0.status == .authorized || $0.status == .unknown || $0.checkedAt != nil }
    case .creating, .active, .review, .expired, .canceled: payments.contains { !$0.status.isFinal }
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
