import Facade
import HTTPServer
import Payments
import Transport

/// Who beside shops' back ends may call: pages of other origins (`cors`), and how often anybody may (`rate`, `trusted_proxies`, `proxy_protocol`).
struct BrowserSettings: Sendable {
  /// As browsers write them in Origin.
  var origins: [String] = []
  var perKey: RateQuota?
  var perAddress: RateQuota?
  var proxies = TrustedProxies()
  /// Whether the proxies begin each connection with a header of the PROXY protocol.
  var proxyProtocol = false

  /// For the server: nil where no header is expected.
  var headers: ProxyProtocol? {
    proxyProtocol ? ProxyProtocol { [proxies] peer in proxies.trusts(peer: peer.host) } : nil
  }

  var rates: Rates { Rates(perKey: perKey, perAddress: perAddress, proxies: proxies) }
}

extension BrowserSettings {
  private enum CORSKeys: String, CodingKey {
    case origins
  }

  private enum RateKeys: String, CodingKey {
    case perKey = "per_key"
    case perAddress = "per_address"
  }

  init(in values: KeyedDecodingContainer<Settings.CodingKeys>) throws {
    if values.contains(.cors) {
      let cors = try values.nestedContainer(keyedBy: CORSKeys.self, forKey: .cors)
      origins = try cors.readAll(.origins, Self.origin) ?? []
    }
    if values.contains(.rate) {
      let rate = try values.nestedContainer(keyedBy: RateKeys.self, forKey: .rate)
      perKey = try rate.read(.perKey) { text throws(InvalidValue) in try RateQuota(text) }
      perAddress = try rate.read(.perAddress) { text throws(InvalidValue) in try RateQuota(text) }
    }
    let proxies = try values.readAll(.trustedProxies) { text throws(InvalidValue) in
      text == TrustedProxies.unixPeer ? nil : try AddressRange(text)
    }
    self.proxies = TrustedProxies((proxies ?? []).compactMap { $0 }, trustsUnix: proxies?.contains(nil) ?? false)
    proxyProtocol = try values.read(.proxyProtocol, SettingText.flag) ?? false
    guard !proxyProtocol || !self.proxies.isEmpty else {
      throw values.broken(.proxyProtocol, "needs trusted_proxies: the proxies whose word about the client counts")
    }
  }

  /// Exactly what a browser sends, since the two are compared whole (RFC 6454 §6.1): lower case, no path, and no port that the scheme has by itself.
  private static func origin(_ text: String) throws(InvalidValue) -> String {
    guard text != "*", text != "null" else { throw InvalidValue("must name the pages' origins; * and null would let in everybody") }
    let address = try WebAddress(text)
    let usualPort = text.hasPrefix("https:") ? ":443" : ":80"
    guard address.text == text, text == text.lowercased(), !text.hasSuffix(usualPort) else {
      throw InvalidValue("must be as browsers write it: lower case, no slash at its end, no port that is the usual one")
    }
    return text
  }
}
