import Glibc

/// Which reader libFuzzer's bytes go to: the environment's FUZZ_TARGET, since libFuzzer has the command line and the main function.
private let target: FuzzTarget = {
  let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
  guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
    print("fuzz: FUZZ_TARGET is one of \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
    exit(64)
  }
  return target
}()

/// What libFuzzer calls for every input. A broken property ends the process, as a trap does, and libFuzzer keeps the bytes. Heads are held against llhttp besides.
@_cdecl("LLVMFuzzerTestOneInput")
public func feed(_ pointer: UnsafePointer<UInt8>?, _ length: Int) -> Int32 {
  // SAFETY: the bytes are valid during the call, and copied.
  let bytes = unsafe Array(UnsafeBufferPointer(start: pointer, count: length))
  do throws(BrokenProperty) {
    try target.check(bytes)
    if target.name == "head" { try LLHTTPProperty.check(bytes) }
  } catch {
    fatalError("\(target.name): \(error)")
  }
  return 0
}
