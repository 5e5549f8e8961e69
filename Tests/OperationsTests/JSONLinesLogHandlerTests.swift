import Glibc
import Logging
import Payments
import Synchronization
import Testing

@testable import Operations

struct JSONLinesLogHandlerTests {
  /// Keeps the lines.
  final class Paper: LogOutput {
    private let kept = Mutex<[String]>([])
    func write(line: [UInt8]) { kept.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    var lines: [String] { kept.withLock { $0 } }
  }

  struct Noon: WallClock {
    func now() -> Timestamp { Timestamp(milliseconds: 1_795_470_000_123) }
  }

  struct Broken: Error, CustomStringConvertible { var description: String { "broken \"thing\"" } }

  private func logger(_ paper: Paper, level: Logger.Level = .info) -> Logger {
    Logger(label: "paylink") { JSONLinesLogHandler(label: $0, level: level, output: paper, clock: Noon()) }
  }

  @Test("A line is one JSON object with time, level, label, message and the metadata in order")
  func line() {
    let paper = Paper()
    var logger = logger(paper)
    logger[metadataKey: "request"] = "r1"
    logger.info("page opened", metadata: ["link": "pl_1", "attempt": "\(2)", "list": ["a", ["k": "v"]]])
    #expect(
      paper.lines == [
        #"{"time":"2026-11-23T21:40:00.123Z","level":"info","label":"paylink","message":"page opened","attempt":"2","link":"pl_1","#
          + #""list":["a",{"k":"v"}],"request":"r1"}"# + "\n"
      ])
  }

  @Test("No text can end a line or forge a member, and names that are taken give way")
  func injection() {
    let paper = Paper()
    logger(paper).warning(
      "a\n{\"level\":\"x\"}", metadata: ["k\"": "v\r\n\t\\\u{0}\u{7f}\u{85}\u{2028}\u{2029}ü😀", "level": "mine", "time": "mine"])
    #expect(
      paper.lines == [
        #"{"time":"2026-11-23T21:40:00.123Z","level":"warning","label":"paylink","message":"a\n{\"level\":\"x\"}","#
          + #""k\"":"v\r\n\t\\\u0000\u007f\u0085\u2028\u2029ü😀","level_":"mine","time_":"mine"}"# + "\n"
      ])
  }

  @Test("Own metadata wins over the provider's, and that over the logger's; errors have their own member")
  func precedence() {
    let paper = Paper()
    var logger = Logger(label: "l") { label in
      JSONLinesLogHandler(
        label: label, output: paper, clock: Noon(), metadataProvider: Logger.MetadataProvider { ["a": "provider", "b": "provider"] })
    }
    logger[metadataKey: "a"] = "logger"
    logger[metadataKey: "b"] = "logger"
    logger[metadataKey: "c"] = "logger"
    logger.error("m", error: Broken(), metadata: ["b": "own"])
    #expect(paper.lines.first?.hasSuffix(#""error":"broken \"thing\"","a":"provider","b":"own","c":"logger"}"# + "\n") == true)
  }

  @Test("What is below the level is not written, and deep metadata is cut")
  func levels() {
    let paper = Paper()
    let logger = logger(paper, level: .notice)
    logger.info("quiet")
    logger.notice("loud", metadata: ["d": [[[["deep"]]]]])
    #expect(paper.lines.count == 1)
    #expect(paper.lines.first?.contains(#""d":[[[["…"]]]]"#) == true)
  }

  @Test("A descriptor gets whole lines, one after the other")
  func descriptor() throws {
    var ends: [Int32] = [0, 0]
    // pipe fills the array of two that it is given.
    try #require(unsafe pipe(&ends) == 0)
    defer {
      close(ends[0])
      close(ends[1])
    }
    let output = DescriptorOutput(ends[1])
    output.write(line: Array("first\n".utf8))
    output.write(line: Array("second\n".utf8))
    var bytes = [UInt8](repeating: 0, count: 64)
    // read writes no more than the count it is told, which is the array's.
    let count = unsafe read(ends[0], &bytes, bytes.count)
    #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "first\nsecond\n")
  }
}
