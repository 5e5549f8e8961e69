import Payments
import Storage

/// `retention`: how long each kind of what only grows is kept. config/paylink.yaml says why it is so.
enum RetentionSettings {
  struct Key: CodingKey {
    let stringValue: String

    init(_ kind: Retention.Kind) { stringValue = kind.rawValue }
    init?(stringValue: String) { self.stringValue = stringValue }

    var intValue: Int? { nil }
    init?(intValue: Int) { nil }
  }

  static var shape: [String: SettingsShape] {
    Dictionary(uniqueKeysWithValues: Retention.Kind.allCases.map { ($0.rawValue, .value) })
  }

  static func read(in values: KeyedDecodingContainer<Settings.CodingKeys>) throws -> Retention {
    var retention = Retention()
    guard values.contains(.retention) else { return retention }
    let given = try values.nestedContainer(keyedBy: Key.self, forKey: .retention)
    for kind in Retention.Kind.allCases {
      guard let time = try given.read(Key(kind), SettingText.retention(Retention.least(kind))) else { continue }
      switch time {
      case .forever: retention[kind] = nil
      case .days(let days): retention[kind] = .days(days)
      }
    }
    // A try is a line under its event's delivery, and goes with it.
    guard let events = retention[.events], retention[.attempts].map({ $0 > events }) ?? true else { return retention }
    guard !given.contains(Key(.attempts)) else { throw given.broken(Key(.attempts), "must not be longer than retention.events") }
    retention[.attempts] = events
    return retention
  }
}

extension SettingText {
  enum Kept {
    case days(Int), forever
  }

  /// How long something is kept: `30d`, or `forever`.
  static func retention(_ least: Duration) -> Reader<Kept> {
    let days = Int(least.components.seconds / 86_400)
    return { text throws(InvalidValue) in
      if text == "forever" { return .forever }
      guard text.hasSuffix("d"), let number = Int(text.dropLast()), (days...36_500).contains(number), text.first?.isNumber == true else {
        throw InvalidValue("must be a number of days from \(days)d to 36500d, or forever")
      }
      return .days(number)
    }
  }
}
