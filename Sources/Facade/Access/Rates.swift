package import HTTPServer
import HTTPTypes
import Payments

/// How often one key and one address may call (design §4.2 `rate`). A secret key's requests count by key, wherever they come from; a publishable key's by key and by
/// address, since it is everybody's; all others by address: client tokens, short links, returns, and whoever shows no key or a wrong one.
///
/// The acquirer's callbacks never pass through here.
package struct Rates: Sendable {
  /// 65,536 addresses by two generations are some 6 MiB.
  static let mostAddresses = 65_536

  private let perKey: (quota: RateQuota, buckets: RateBuckets<String>)?
  private let perAddress: (quota: RateQuota, buckets: RateBuckets<HostAddress?>)?
  private let proxies: TrustedProxies
  private let now: @Sendable () -> UInt64

  /// - Parameter now: nanoseconds of a clock that never goes back. Not the gateway's own, which a sandbox moves.
  package init(
    perKey: RateQuota? = nil, perAddress: RateQuota? = nil, proxies: TrustedProxies = TrustedProxies(),
    now: @escaping @Sendable () -> UInt64 = Rates.machineNow
  ) {
    // The settings bound the keys: all of them fit.
    self.perKey = perKey.map { ($0, RateBuckets($0, most: 65_536)) }
    self.perAddress = perAddress.map { ($0, RateBuckets($0, most: Self.mostAddresses)) }
    self.proxies = proxies
    self.now = now
  }

  private static let start = ContinuousClock.now

  package static func machineNow() -> UInt64 {
    let time = start.duration(to: .now).components
    return UInt64(time.seconds) * 1_000_000_000 + UInt64(time.attoseconds / 1_000_000_000)
  }

  /// Routes that are open to everybody, held to the rate of an address.
  package func limited(_ routes: [Route]) -> [Route] {
    guard perAddress != nil else { return routes }
    return routes.map { route in
      var route = route
      let handler = route.handler
      route.handler = { request in
        let admission = admit(request, nil)
        guard admission.isAllowed else { return admission.refusal.response(requestID: request.id) }
        return await handler(request)
      }
      return route
    }
  }

  var isUnlimited: Bool { perKey == nil && perAddress == nil }

  /// Counts a request.
  /// - Parameter key: whose it is, where it shows a valid key.
  func admit(_ request: Request, _ key: APIKey?) -> Admission {
    var admission = Admission()
    let now = now()
    if let key, let perKey { admission.add("key", perKey.quota, perKey.buckets.take(key.name, now: now)) }
    // What the key was refused costs its address nothing.
    if admission.isAllowed, key?.kind != .secret, let perAddress {
      admission.add("address", perAddress.quota, perAddress.buckets.take(proxies.client(of: request)?.subscriber, now: now))
    }
    return admission
  }

  /// What was decided of a request, and how it is told (draft-ietf-httpapi-ratelimit-headers-10 §3, §4).
  struct Admission: Sendable {
    private(set) var isAllowed = true
    private var policies: [String] = []
    private var limits: [String] = []
    private var wait: Duration = .zero

    fileprivate mutating func add(_ name: String, _ quota: RateQuota, _ standing: RateStanding) {
      policies.append("\"\(name)\";q=\(quota.requests);w=\(quota.window.components.seconds)")
      limits.append("\"\(name)\";r=\(standing.left);t=\(Self.seconds(standing.full))")
      isAllowed = isAllowed && standing.isAllowed
      wait = max(wait, standing.wait)
    }

    func note(in fields: inout HTTPFields) {
      guard !policies.isEmpty else { return }
      fields[.rateLimitPolicy] = policies.joined(separator: ", ")
      fields[.rateLimit] = limits.joined(separator: ", ")
    }

    var refusal: Problem {
      var problem = Problem(.rateLimited, "Too many requests came; nothing was done.")
      problem.retryAfter = wait
      note(in: &problem.fields)
      return problem
    }

    private static func seconds(_ wait: Duration) -> Int64 { (wait.wholeMilliseconds + 999) / 1000 }
  }
}
