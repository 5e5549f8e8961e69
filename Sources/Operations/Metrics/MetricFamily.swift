/// What Prometheus calls a metric's type.
enum MetricKind: String, Sendable {
  case counter, gauge, histogram
}

/// All series of one name.
struct MetricFamily: Sendable {
  var kind: MetricKind
  /// By label set as it is written: `{route="/livez",status="200"}`, or empty.
  var series: [String: any MetricSeries] = [:]

  func write(_ name: String, to text: inout String) {
    MetricText.head(name, kind, to: &text)
    for (labels, series) in series.sorted(by: { $0.key < $1.key }) { series.write(name, labels, to: &text) }
  }
}

/// One metric with one label set.
protocol MetricSeries: AnyObject, Sendable {
  func write(_ name: String, _ labels: String, to text: inout String)
}

/// The spelling of names, labels, numbers and lines.
enum MetricText {
  static func head(_ name: String, _ kind: MetricKind, to text: inout String) {
    if let help = MetricName.help[name] { text += "# HELP \(name) \(help)\n" }
    text += "# TYPE \(name) \(kind.rawValue)\n"
  }

  static func line(_ name: String, _ labels: String, _ value: String, to text: inout String) { text += "\(name)\(labels) \(value)\n" }

  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`; what else there is becomes `_`.
  static func name(_ label: String, ending: String = "") -> String {
    let name = spelled(label, alsoColon: true)
    return name.hasSuffix(ending) ? name : name + ending
  }

  /// `{a="b",c="d"}`, sorted by name; nothing where there are none. A name given twice keeps its first value.
  static func labels(_ dimensions: [(String, String)]) -> String {
    guard !dimensions.isEmpty else { return "" }
    let pairs = Dictionary(dimensions.map { (spelled($0.0, alsoColon: false), $0.1) }, uniquingKeysWith: { first, _ in first })
    return "{" + pairs.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",") + "}"
  }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func spelled(_ text: String, alsoColon: Bool) -> String {
    var name = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "a"..."z", "A"..."Z", "_": name.unicodeScalars.append(scalar)
      case ":" where alsoColon: name.unicodeScalars.append(scalar)
      case "0"..."9":
        if name.isEmpty { name = "_" }
        name.unicodeScalars.append(scalar)
      default: name += "_"
      }
    }
    return name.isEmpty ? "_" : name
  }
}
