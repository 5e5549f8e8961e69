package import Logging
package import Payments

/// A back end of swift-log: one JSON object a line.
///
/// `{"time":"2026-11-23T18:00:00.123Z","level":"info","label":"paylink","message":"page opened","link":"pl_…"}`. Metadata stands beside the rest; a key that is taken
/// gets `_` behind it. A line is built in one buffer and has no line end inside, whatever the texts hold.
package struct JSONLinesLogHandler: LogHandler {
  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?

  private let label: String
  private let output: any LogOutput
  private let clock: any WallClock

  package init(
    label: String, level: Logger.Level = .info, output: any LogOutput = DescriptorOutput(), clock: any WallClock = MachineClock(),
    metadataProvider: Logger.MetadataProvider? = nil
  ) {
    self.label = label
    logLevel = level
    self.output = output
    self.clock = clock
    self.metadataProvider = metadataProvider
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var line = JSONLine()
    line.member("time", clock.now().rfc3339)
    line.member("level", event.level.rawValue)
    line.member("label", label)
    line.member("message", event.message.description)
    if let error = event.error { line.member("error", "\(error)") }
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
    if let own = event.metadata { all.merge(own) { $1 } }
    for (name, value) in all.sorted(by: { $0.key < $1.key }) {
      line.member(Self.taken.contains(name) ? name + "_" : name, value)
    }
    output.write(line: line.finished())
  }

  private static let taken: Set<String> = ["time", "level", "label", "message", "error"]
}
