import Glibc
import Testing

/// What a command of the system prints: other people's programs as a second opinion.
func printed(by command: String) throws -> [UInt8] {
  let pipe = unsafe try #require(unsafe popen(command, "r"))
  var output: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = unsafe fread(&piece, 1, piece.count, pipe)
    guard count > 0 else { break }
    output += piece[..<count]
  }
  guard unsafe pclose(pipe) == 0 else { throw WireError("\(command) failed") }
  return output
}

/// What GNU gzip, whose inflate is not zlib's, makes of the bytes.
func gunzipped(_ bytes: [UInt8]) throws -> [UInt8] {
  var path = Array("/tmp/paylink-test-XXXXXX\0".utf8CString)
  let descriptor = unsafe mkstemp(&path)
  try #require(descriptor >= 0)
  let name = String(decoding: path.dropLast(2).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  defer {
    close(descriptor)
    unsafe unlink(name)
  }
  try #require(unsafe write(descriptor, bytes, bytes.count) == bytes.count)
  return try printed(by: "exec gzip -dc < \(name)")
}
