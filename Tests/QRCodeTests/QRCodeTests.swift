import Foundation
import Testing

@testable import QRCode

@Suite("QR codes")
struct QRCodeTests {
  static let texts = [
    "https://pay.example.uz/p/6f1c0a9be2b74d1f8d0c3b5a7e9f2468",
    "http://127.0.0.1:8081/pay.html?customer=0123456789abcdef0123456789abcdef&x=1;y",
    "x",
    "Счёт № 7, 150 000 сум",
    String(repeating: "long ", count: 250),
  ]

  @Test(
    "zbarimg reads every PNG back as the text", .enabled(if: Zbar.isInstalled, "zbarimg (Debian: zbar-tools) is not installed"),
    arguments: texts)
  func pngIsReadBack(text: String) throws {
    for moduleSize in [3, 8] {
      let png = try QRCode(text, correction: .medium).png(moduleSize: moduleSize)
      #expect(try Zbar.read(png: png) == text)
    }
  }

  @Test("every level of correction is readable", .enabled(if: Zbar.isInstalled, "zbarimg (Debian: zbar-tools) is not installed"))
  func levels() throws {
    var sizes: [Int] = []
    for correction in [QRCode.Correction.low, .medium, .quartile, .high] {
      let code = try QRCode(Self.texts[0], correction: correction)
      sizes.append(code.size)
      #expect(try Zbar.read(png: code.png(moduleSize: 4)) == Self.texts[0])
    }
    #expect(sizes == sizes.sorted() && sizes.first! < sizes.last!)
  }

  @Test("a picture is read back as its text, at every correction and module size, by a reader that did not make it", arguments: texts)
  func pictures(text: String) throws {
    for correction in [QRCode.Correction.low, .medium, .quartile, .high] {
      guard let code = try? QRCode(text, correction: correction) else { continue }
      for size in [3, 4, 8] where (code.size + 8) * size <= 2048 {
        #expect(QRPicture.text(png: code.png(moduleSize: size)) == text, "\(correction) \(size)")
      }
    }
  }

  @Test("what is no picture, no whole one, has no code, or would be too large to look at has no text")
  func noPictures() throws {
    let png = try QRCode(Self.texts[0]).png(moduleSize: 4)
    for count in 0..<png.count / 2 where count % 7 == 0 { #expect(QRPicture.text(png: Array(png.prefix(count))) == nil) }
    #expect(QRPicture.text(png: Array("<svg/>".utf8)) == nil)
    #expect(QRPicture.text(png: Array(repeating: 0, count: 500)) == nil)
    // Its head says 65,535 × 65,535 pixels.
    var bomb = png
    bomb.replaceSubrange(16..<24, with: [0, 0, 255, 255, 0, 0, 255, 255])
    #expect(QRPicture.text(png: bomb) == nil)
    var none = png
    none.replaceSubrange(16..<24, with: [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(QRPicture.text(png: none) == nil)
    // Every byte of it flipped once: whatever comes of it is a text or none, never a crash.
    for index in png.indices {
      var broken = png
      broken[index] ^= 0xFF
      _ = QRPicture.text(png: broken)
    }
  }

  @Test("the PNG says its size, one bit a pixel, and ends in IEND")
  func pngHead() throws {
    let code = try QRCode("hello")
    #expect(code.size == 21)
    let png = code.png(moduleSize: 2)
    #expect(Array(png.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    #expect(Array(png[16..<29]) == [0, 0, 0, 58, 0, 0, 0, 58, 1, 0, 0, 0, 0])
    #expect(Array(png.suffix(12)) == [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
  }

  @Test("the SVG has exactly the dark modules of the matrix")
  func svgHasTheModules() throws {
    let code = try QRCode(Self.texts[0])
    let svg = code.svg(moduleSize: 8)
    let side = code.size + 8
    #expect(
      svg.hasPrefix(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(side * 8)\" height=\"\(side * 8)\" viewBox=\"0 0 \(side) \(side)\""))
    let path = try #require(svg.split(separator: "fill=\"#000\" d=\"").last?.split(separator: "\"").first)
    var drawn = Set<[Int]>()
    for run in path.split(separator: "M") {
      let numbers = run.split { !$0.isNumber }.compactMap { Int($0) }
      for column in numbers[0]..<numbers[0] + numbers[2] { drawn.insert([column - 4, numbers[1] - 4]) }
    }
    for row in 0..<code.size {
      for column in 0..<code.size { #expect(drawn.contains([column, row]) == code.isDark(column: column, row: row)) }
    }
  }

  @Test("an empty text and one byte too many are refused; the last one that fits is taken")
  func bounds() throws {
    #expect(throws: QRCodeError.empty) { try QRCode("") }
    #expect(throws: QRCodeError.tooLong(bytes: 2954)) { try QRCode(String(repeating: "a", count: 2954), correction: .low) }
    #expect(throws: QRCodeError.tooLong(bytes: 2332)) { try QRCode(String(repeating: "a", count: 2332), correction: .medium) }
    #expect(try QRCode(String(repeating: "a", count: 2953), correction: .low).size == 177)
    #expect(try QRCode(String(repeating: "a", count: 2331), correction: .medium).size == 177)
  }
}

/// The reader of Debian's zbar-tools: another implementation than the one that made the code.
enum Zbar {
  static let path = ["/usr/bin/zbarimg", "/usr/local/bin/zbarimg"].first { FileManager.default.isExecutableFile(atPath: $0) }
  static var isInstalled: Bool { path != nil }

  static func read(png: [UInt8]) throws -> String {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("paylink-qr-\(UUID().uuidString).png")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(png).write(to: file)
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: try #require(path))
    process.arguments = ["--quiet", "--raw", "--oneshot", "-Sdisable", "-Sqrcode.enable", file.path]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    var text = String(decoding: data, as: UTF8.self)
    if text.hasSuffix("\n") { text.removeLast() }
    return text
  }
}
