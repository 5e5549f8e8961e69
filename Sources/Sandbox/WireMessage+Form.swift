/// Form fields become a message as PHP reads them: `a[0][b]=1` is a group (protocol §1.3, wire form).
extension WireMessage {
  init(form pairs: [(name: String, value: String)]) {
    self.init()
    for (name, value) in pairs { insert(value, at: Self.path(name)[...]) }
  }

  /// `a[0][b]` → `a`, `0`, `b`. A name with brackets that do not close stays as it is.
  private static func path(_ name: String) -> [String] {
    guard let bracket = name.firstIndex(of: "["), bracket != name.startIndex, name.hasSuffix("]") else { return [name] }
    let inner = name[name.index(after: bracket)...].dropLast()
    let parts = inner.split(separator: "][", omittingEmptySubsequences: false).map(String.init)
    guard parts.count < SandboxLimits.xmlDepth, parts.allSatisfy({ !$0.contains("[") && !$0.contains("]") }) else { return [name] }
    return [String(name[..<bracket])] + parts
  }

  private mutating func insert(_ value: String, at path: ArraySlice<String>) {
    guard let head = path.first, path.count > 1 else { return append(path.first ?? "", value) }
    let existing = fields.firstIndex { field in
      if case .group = field.value { field.name == head } else { false }
    }
    let index = existing ?? fields.endIndex
    if existing == nil { append(head, WireMessage()) }
    guard case .group(var group) = fields[index].value else { return }
    var rest = path.dropFirst()
    if rest.first == "" { rest[rest.startIndex] = "\(group.fields.count)" }  // `a[]` takes the next number
    group.insert(value, at: rest)
    fields[index].value = .group(group)
  }
}
