import Dispatch
import QRCode

/// Reads pictures one after the other on a queue of its own: a picture takes some milliseconds, which would hold up every connection of an event loop.
enum PictureQueue {
  private static let queue = DispatchQueue(label: "paylink.pictures")

  @Sendable static func text(png bytes: [UInt8]) async -> String? {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: QRPicture.text(png: bytes)) }
    }
  }
}
