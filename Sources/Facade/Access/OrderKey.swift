import JWTKit
package import Payments

/// What signed orders of a publishable key are verified with: one algorithm and one key, both from the settings and neither from a token (RFC 8725 §3.1).
package struct OrderKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The algorithms of RFC 7518 §3.1 that are taken; RFC 8037 for EdDSA.
  package enum Algorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case es256 = "ES256"
    case rs256 = "RS256"
    case eddsa = "EdDSA"
  }

  package let algorithm: Algorithm
  private let material: Material

  private enum Material: Sendable {
    case secret(HMACKey)
    case ecdsa(ES256PublicKey)
    case rsa(JWTKit.Insecure.RSA.PublicKey)
    case eddsa(EdDSA.PublicKey)
  }

  /// RFC 7518 §3.2: a secret of HS256 has at least as many bits as its digest.
  package static let shortestSecret = 32

  /// HS256, with a secret that the shop's back end and this gateway share.
  package init(secret: String) throws(InvalidValue) {
    guard secret.utf8.count >= Self.shortestSecret else { throw InvalidValue("must have at least \(Self.shortestSecret) bytes") }
    algorithm = .hs256
    material = .secret(HMACKey(from: secret))
  }

  /// - Parameters:
  ///   - algorithm: anything but HS256: what is public must never serve as a secret.
  ///   - pem: `-----BEGIN PUBLIC KEY-----` …
  package init(_ algorithm: Algorithm, publicKeyPEM pem: String) throws(InvalidValue) {
    self.algorithm = algorithm
    do {
      switch algorithm {
      case .hs256: throw InvalidValue("HS256 has no public key")
      case .es256: material = .ecdsa(try ES256PublicKey(pem: pem))
      case .rs256: material = .rsa(try JWTKit.Insecure.RSA.PublicKey(pem: pem))
      case .eddsa: material = .eddsa(try EdDSA.PublicKey(pem: pem))
      }
    } catch {
      throw InvalidValue("must hold a PEM public key for \(algorithm.rawValue)" + (algorithm == .rs256 ? ", of at least 2048 bits" : ""))
    }
  }

  package var description: String { "\(algorithm.rawValue) <redacted>" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }

  /// Whether the signature is this key's. HMACs are compared in constant time.
  func verifies(_ signature: [UInt8], of signed: [UInt8]) async -> Bool {
    // jwt-kit gives its algorithms out by a collection only, which is an actor of this call's own: its jobs stay on the task's loop.
    let keys = JWTKeyCollection()
    switch material {
    case .secret(let key): await keys.add(hmac: key, digestAlgorithm: .sha256)
    case .ecdsa(let key): await keys.add(ecdsa: key)
    case .rsa(let key): await keys.add(rsa: key, digestAlgorithm: .sha256)
    case .eddsa(let key): await keys.add(eddsa: key)
    }
    do {
      return try await keys.getKey().verify(signature, signs: signed)
    } catch {
      // A signature that cannot even be read is none.
      return false
    }
  }
}
