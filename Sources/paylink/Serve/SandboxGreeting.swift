import Transport

/// What `paylink serve --sandbox` says: where everything listens, and the first command to try. Pasted, it makes a link with amount control.
struct SandboxGreeting {
  let settings: Settings
  let operations: SocketAddress?

  func say() { for line in lines { Console.out(line) } }

  var lines: [String] {
    let api = settings.publicURL.text
    return [
      "paylink \(Version.text) with its sandbox: nothing here is real money.",
      "  gateway     \(api)",
      "  operations  http://\(operations.map { "\($0)" } ?? "-")/readyz, /metrics",
      "  sandbox     http://\(settings.sandboxListen)",
      "  merchant    \(settings.merchants.map { "\($0.name) = \($0.number)" }.joined(separator: ", ")), key \(SandboxArrangement.apiKey), books \(settings.database)",
      "",
      "Create a link where the payer chooses the amount (10,000.00 to 500,000.00 UZS):",
      "",
      "  curl -sS -i \(api)/v1/payment-links \\",
      "    -H 'Authorization: Bearer \(SandboxArrangement.apiKey)' -H 'Content-Type: application/json' \\",
      "    -H \"Idempotency-Key: try-$(date +%s)\" \\",
      "    -d '{\"order_id\":\"A'$(date +%s)'\",\"currency\":\"UZS\",\"amount_range\":{\"min\":1000000,\"max\":50000000},\"amount\":15000000,\"description\":\"My first link\"}'",
      "",
      "Open its \"url\" in a browser and pay with card 4400444400004440. Then read it, with the \"id\" of the answer:",
      "",
      "  curl -sS \(api)/v1/payment-links/pl_... -H 'Authorization: Bearer \(SandboxArrangement.apiKey)'",
      "",
      "Or from the command line: PAYLINK_URL=\(api) PAYLINK_KEY=\(SandboxArrangement.apiKey) paylink links list",
      "Ctrl-C ends it.",
    ]
  }
}
