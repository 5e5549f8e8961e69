import Foundation
import HTTPTypes
import Payments
import Testing

@testable import Webhooks

struct SignedMessageTests {
  /// The example of the Standard Webhooks specification's own reference libraries.
  @Test("A message is signed as the reference libraries sign it")
  func reference() throws {
    let secret = try WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    let message = SignedMessage(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8), secrets: [secret])
    #expect(message.signatures == ["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="])
  }

  @Test("During a rotation there are two signatures with a blank between, the current one first")
  func rotation() throws {
    let secrets = WebhookSecrets(current: WebhookSecret(), previous: WebhookSecret())
    let message = SignedMessage(id: "evt_1", timestamp: 1, body: [], secrets: secrets.all)
    let alone = secrets.all.map { SignedMessage(id: "evt_1", timestamp: 1, body: [], secrets: [$0]).signatures[0] }
    #expect(message.fields.first { $0.name.canonicalName == "webhook-signature" }?.value == alone.joined(separator: " "))
  }

  @Test("A secret is whsec_ and 24 to 64 bytes in base64, and is never printed")
  func secrets() throws {
    func text(_ count: Int) -> String { "whsec_" + Data(repeating: 7, count: count).base64EncodedString() }
    for count in [24, 64] { #expect(throws: Never.self) { try WebhookSecret(text(count)) } }
    for wrong in [text(23), text(65), "whsec_", String(text(32).dropFirst(6)), "whsec_*", ""] {
      #expect(throws: InvalidValue.self) { try WebhookSecret(wrong) }
    }
    let secret = try WebhookSecret(text(32))
    #expect("\(secret) \(String(reflecting: secret))" == "<redacted> <redacted>")
    var dumped = ""
    dump(WebhookSecrets(current: secret), to: &dumped)
    #expect(!dumped.contains("BwcH"))
  }

  @Test("Addresses are https; http is for this machine where private addresses are allowed")
  func addresses() {
    for good in ["https://shop.example.uz", "https://shop.example.uz:8443/a/b?key=1", "https://10.0.0.1/"] {
      #expect(throws: Never.self) { try WebhookAddress(good, allowsPrivate: false) }
    }
    for local in ["http://127.0.0.1:8000/x", "http://localhost/x", "http://[::1]:9/"] {
      #expect(throws: Never.self) { try WebhookAddress(local, allowsPrivate: true) }
      #expect(throws: InvalidValue.self) { try WebhookAddress(local, allowsPrivate: false) }
    }
    for bad in [
      "http://shop.example.uz/", "ftp://a", "https://", "https://u:p@shop.example.uz/", "https://shop.example.uz/#a", "shop.example.uz", "",
    ] {
      #expect(throws: InvalidValue.self) { try WebhookAddress(bad, allowsPrivate: true) }
    }
  }

  @Test("Retry-After is read as seconds and as a date, and nothing else")
  func retryAfter() {
    let now = Timestamp(milliseconds: 1_792_567_680_000)
    #expect(RetryAfter("120", now: now)?.wait == .seconds(120))
    #expect(RetryAfter("0", now: now)?.wait == .zero)
    #expect(RetryAfter("Wed, 21 Oct 2026 07:28:30 GMT", now: now)?.wait == .seconds(30))
    #expect(RetryAfter("Wed, 21 Oct 2015 07:28:00 GMT", now: now)?.wait == .zero)
    for wrong in ["", "-1", "soon", "1.5", "9999999999"] { #expect(RetryAfter(wrong, now: now) == nil) }
  }
}
