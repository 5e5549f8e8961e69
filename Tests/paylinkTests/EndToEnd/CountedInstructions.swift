import Foundation

/// Instructions that a process executes, counted by callgrind (valgrind): the same on a busy machine and on a quiet one, where seconds are not.
struct CountedInstructions {
  /// The words that run a program under it.
  let wrapper: [String]
  /// The program without what valgrind 3.19 cannot read, Swift's debugging information.
  let program: String
  private let folder: URL

  init(in folder: URL) async throws {
    self.folder = folder
    program = folder.appendingPathComponent("paylink-stripped").path
    wrapper = ["/usr/bin/valgrind", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=\(folder.path)/instructions"]
    let stripped = try await Program.run(["-g", "-o", program, Program.path], in: folder, executable: "/usr/bin/strip")
    guard stripped.status == 0 else { throw Failure("strip: \(stripped.errors)") }
  }

  /// Begins to count. Until then the program is three times as fast.
  func begin(in process: Program) async throws { try await ask("--instr=on", of: process) }

  /// What all threads of the process executed since this was called the last time: callgrind writes one file a call, numbered, with a line `summary: COUNT`.
  func sinceLast(in process: Program) async throws -> Int {
    try await ask("--dump", of: process)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("instructions.") }
    let last = files.compactMap { Int($0.dropFirst("instructions.".count)) }.max()
    guard let last else { throw Failure("callgrind wrote nothing") }
    let text = try String(contentsOf: folder.appendingPathComponent("instructions.\(last)"), encoding: .utf8)
    let line = text.split(separator: "\n").last { $0.hasPrefix("summary: ") }
    guard let count = line.flatMap({ Int($0.dropFirst("summary: ".count)) }) else { throw Failure("callgrind wrote no summary") }
    return count
  }

  private func ask(_ what: String, of process: Program) async throws {
    let asked = try await Program.run([what, "\(process.identifier)"], in: folder, executable: "/usr/bin/callgrind_control")
    guard asked.status == 0 else { throw Failure("callgrind_control: \(asked.output) \(asked.errors)") }
  }
}
