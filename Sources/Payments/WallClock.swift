/// Where "now" comes from: the machine's clock, the sandbox's virtual one, or a test's hand.
package protocol WallClock: Sendable {
  func now() -> Timestamp
}
