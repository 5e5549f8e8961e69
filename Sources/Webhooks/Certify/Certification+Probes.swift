import Payments

/// All that is asked, in this order.
extension Certification {
  static let probes: [@Sendable (Certification) -> Probe] = [
    { $0.probe("well-formed", .accepted, [$0.message($0.sample())], "a right event must be answered 2xx") },
    { of in
      let message = of.message(of.sample())
      return of.probe("the same again", .accepted, [message, message], "a repeat is answered 2xx and does nothing: know it by webhook-id")
    },
    { of in
      let sample = of.sample()
      return of.probe(
        "the same in a later try", .accepted, [of.message(sample, age: .seconds(60)), of.message(sample)],
        "a later try has the same webhook-id and a new timestamp: it is answered 2xx too")
    },
    { of in
      let message = of.message(of.sample())
      return of.probe(
        "the same four times at once", .accepted, Array(repeating: message, count: 4), isAtOnce: true,
        "repeats may come side by side: let the database keep webhook-id unique, and answer 2xx")
    },
    { of in
      let link = of.sample().link
      let messages = [5, 3, 4].map { of.message(of.sample(sequence: $0, of: link)) }
      return of.probe("out of order", .accepted, messages, "an older sequence is answered 2xx and ignored: what it says is out of date")
    },
    { of in
      let late = of.message(of.sample(age: .hours(70)))
      return of.probe("an event of three days ago", .accepted, [late], "events may come days late: only webhook-timestamp must be fresh")
    },
    { of in
      let message = of.message(of.sample(), age: tolerance - .seconds(60))
      return of.probe("signed four minutes ago", .accepted, [message], "clocks differ: five minutes are tolerated")
    },
    { of in
      let message = of.message(of.sample(), age: tolerance * 2)
      return of.probe("signed ten minutes ago", .refused, [message], "an old message can be replayed by whoever has seen it: refuse it 4xx")
    },
    { of in
      let message = of.message(of.sample(), age: .zero - tolerance * 2)
      return of.probe("signed in ten minutes", .refused, [message], "a timestamp of the future is refused 4xx")
    },
    { of in
      let message = of.message(of.sample(), secrets: [WebhookSecret()])
      return of.probe("forged", .refused, [message], "signed with another secret: verify webhook-signature before anything else")
    },
    { of in
      var message = of.message(of.sample())
      message.body = message.body.map { $0 == UInt8(ascii: "3") ? UInt8(ascii: "9") : $0 }
      return of.probe("altered body", .refused, [message], "the signature is over the bytes as they came: verify those, not a parsed copy")
    },
    { of in
      var message = of.message(of.sample())
      message.id = of.sample().id.text
      return of.probe("another id", .refused, [message], "webhook-id is signed too")
    },
    { of in
      var message = of.message(of.sample())
      message.timestamp += 1
      return of.probe("another timestamp", .refused, [message], "webhook-timestamp is signed too")
    },
    { of in
      let message = of.message(of.sample(), secrets: [])
      return of.probe("unsigned", .refused, [message], "without webhook-signature nothing is proven: refuse it 4xx")
    },
    { of in
      var message = of.message(of.sample())
      message.signatures = message.signatures.map { $0.replacing("v1,", with: "v0,") }
      return of.probe("unknown version of signature", .refused, [message], "only v1 is known: others prove nothing")
    },
    { of in
      let message = of.message(of.sample(), secrets: [WebhookSecret(), of.secret])
      return of.probe("two signatures, the second yours", .accepted, [message], "during a rotation any of the signatures may be yours")
    },
    { of in
      let message = of.message(of.sample(), secrets: [of.secret, WebhookSecret()])
      return of.probe("two signatures, the first yours", .accepted, [message], "during a rotation any of the signatures may be yours")
    },
    { of in
      let message = of.message(of.sample("payment.sample_of_a_type_to_come"))
      return of.probe("unknown type", .accepted, [message], "types may be added: what you do not know is answered 2xx and ignored")
    },
    { of in
      let message = of.message(of.sample(isLong: true))
      return of.probe(
        "as long as it gets", .accepted, [message], "texts of an order may be long and in any script: take bodies up to 256 KiB")
    },
    { of in
      let message = of.message(of.sample())
      return of.probe("body in slow pieces", .accepted, [message], rate: dripRate, "read the body to the end of Content-Length, not once")
    },
  ]
}
