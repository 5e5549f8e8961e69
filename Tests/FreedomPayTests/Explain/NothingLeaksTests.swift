import Foundation
import Testing

@testable import FreedomPay

/// Whatever is asked and however a message is mangled: no secret, no digest, no value of a person or a card comes out.
@Suite("Explanations keep secrets")
struct NothingLeaksTests {
  private static func lines(_ explanation: SignatureExplanation) throws -> String {
    let encoded = String(decoding: try JSONEncoder().encode(explanation), as: UTF8.self)
    var dumped = ""
    dump(explanation, to: &dumped)
    return encoded + dumped + "\(explanation)"
  }

  private static func expectClean(_ text: String, _ digests: [String] = [], comment: Comment) {
    for word in [Capture.secret, "old-horse-secret", "998901112233", "440564", "tok 42", "кофе"] {
      #expect(!text.contains(word), comment)
    }
    for digest in digests { #expect(!text.lowercased().contains(digest.prefix(16)), comment) }
    #expect(text.firstMatch(of: /[0-9a-fA-F]{24}/) == nil, comment)
  }

  static let secrets = SecretKeys(current: SecretKey(Capture.secret)!, previous: SecretKey("old-horse-secret"))

  /// Captures that hold the secret or a digest where a name, a script or a harmless value stands.
  static let mangled: [(bytes: [UInt8], script: String?, url: String?)] = {
    let digest = Capture.digest(Capture.result)
    let body = Capture.text(Capture.signed(Capture.result))
    var all: [(bytes: [UInt8], script: String?, url: String?)] = [
      (Array("\(digest)=1&\(body)".utf8), "result", nil), (Array("\(Capture.secret)=1&\(body)".utf8), "result", nil),
      (Array("x\(Capture.secret)x[\(digest)]=1&\(body)".utf8), "result", nil),
      (Array("pg_sig=\(digest)\(Capture.secret)".utf8), "result", nil), (Array("pg_sig=\(digest)&pg_sig=\(digest)".utf8), nil, nil),
      (Array(body.utf8), Capture.secret, nil), (Array(body.utf8), digest, nil),
      (Array(body.utf8), nil, "https://shop/\(Capture.secret)/\(digest)?\(Capture.secret)=\(digest)"),
    ]
    for name in ["pg_order_id", "pg_status", "pg_currency"] {
      for value in [digest, Capture.secret, digest.uppercased(), "x\(Capture.secret)"] {
        var fields = Capture.result.without([name])
        fields.append(name, .text(value))
        all.append((Capture.body(Capture.signed(fields)), "result", nil))
        all.append((Capture.body(Capture.signed(fields, script: Capture.secret)), nil, "/\(Capture.secret)/x"))
      }
    }
    for script in ["result", "result.php", "other"] {
      for secret in [Capture.secret, "old-horse-secret", "\(Capture.secret)\n", "else"] {
        all.append((Capture.body(Capture.signed(Capture.result, script: script, secret: secret)), "result", nil))
      }
    }
    return all
  }()

  @Test("no explanation has a secret, a digest or a person's value in it")
  func explanations() throws {
    for (index, item) in Self.mangled.enumerated() {
      for showsValues in [false, true] {
        let explanation = try Capture.explain(
          item.bytes, script: item.script, url: item.url, secrets: Self.secrets, showsValues: showsValues)
        Self.expectClean(try Self.lines(explanation), [Capture.digest(Capture.result)], comment: "case \(index): \(explanation.sentences)")
      }
    }
  }

  @Test("no refusal of a capture quotes it")
  func refusals() {
    for item in Self.mangled {
      for wrap in ["<a>%</b>", "{\"%\": %}", "--%", "HTTP/1.1 200 %", "<!DOCTYPE %><a/>", "<html>%", "/%", "%"] {
        let text = wrap.replacing("%", with: String(decoding: item.bytes, as: UTF8.self).replacing("=", with: "."))
        let error = #expect(throws: CaptureError.self) { try CapturedMessage(Array(text.utf8)) }
        Self.expectClean("\(String(describing: error))", comment: "a refusal")
      }
    }
  }

  @Test("values are shown only where asked for, and only harmless ones")
  func values() throws {
    let bytes = Capture.body(Capture.signed(Capture.result))
    #expect(try Capture.explain(bytes).fields.allSatisfy { $0.value == nil })
    let shown = try Capture.explain(bytes, showsValues: true).fields.filter { $0.value != nil }
    #expect(
      shown.map(\.name) == [
        "pg_amount", "pg_currency", "pg_need_email_notification", "pg_need_phone_notification", "pg_order_id", "pg_payment_id", "pg_result",
      ])
    #expect(shown[0].value == "150000.00" && shown[0].length == 9)
  }

  @Test("tries of a secret print nothing of it")
  func tries() {
    var dumped = ""
    dump(SecretTry.given(Self.secrets) + SecretTry.changed(Self.secrets), to: &dumped)
    Self.expectClean(dumped + "\(SecretTry.given(Self.secrets))", comment: "tries")
    #expect(dumped.contains("redacted") || !dumped.contains("Kx7"))
  }
}
