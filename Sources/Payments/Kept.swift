/// A value that never changes, kept once however often what holds it is copied: a wide one would otherwise be copied member by member.
@usableFromInline final class Kept<Value: Hashable & Sendable>: Sendable {
  @usableFromInline let value: Value

  @usableFromInline init(_ value: Value) { self.value = value }
}

extension Kept: Hashable {
  @usableFromInline static func == (left: Kept, right: Kept) -> Bool { left === right || left.value == right.value }
  @usableFromInline func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
