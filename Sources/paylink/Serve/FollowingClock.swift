import Payments
import Sandbox

/// The gateway's "now" beside a sandbox: the sandbox's virtual time, so that what a test moves forward moves in both (design §4.6).
struct FollowingClock: WallClock {
  let sandbox: SandboxClock

  func now() -> Timestamp { Timestamp(milliseconds: sandbox.now()) }
}
