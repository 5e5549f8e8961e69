import COpenSSL
import Synchronization

/// What a server proves itself with and how it speaks TLS: certificate chain, private key, and the keys of the tickets that it gave out. It never changes; a new
/// certificate is a new context, and sessions keep the one that they began with.
///
/// OpenSSL counts the references to a context and locks what it changes inside (SSL_CTX: "may be shared between threads once configured"), which makes
/// `@unchecked Sendable` true: nothing configures it after `init`.
@safe package final class TLSContext: @unchecked Sendable {
  let pointer: OpaquePointer
  /// Seconds since 1970 between which the certificate is valid.
  package let validity: ClosedRange<Int64>

  /// Why a certificate and its key are not taken.
  package enum Failure: Error, Hashable {
    case noCertificate
    /// Too short a key or too weak a hash for OpenSSL's security level 2.
    case weakCertificate
    /// No private key that can be read without a password.
    case noKey
    /// The key is that of another certificate.
    case wrongKey
    case outOfMemory
  }

  /// - Parameters:
  ///   - certificates: PEM; the server's own first, then those that lead to an authority.
  ///   - key: PEM.
  package init(certificates: String, key: String) throws(Failure) {
    // SAFETY: the texts are read during the calls only; the context is freed once, here or in `deinit`.
    guard let context = unsafe copenssl_server_context() else { throw .outOfMemory }
    var code = unsafe Self.taken(certificates) { unsafe copenssl_use_certificates(context, $0, $1) }
    if code == copenssl_taken { code = unsafe Self.taken(key) { unsafe copenssl_use_key(context, $0, $1) } }
    var (begin, end) = (Int64(0), Int64(0))
    if let failure = Self.failure(code) ?? (unsafe copenssl_validity(context, &begin, &end) == 0 && begin <= end ? nil : .noCertificate) {
      unsafe copenssl_free_context(context)
      throw failure
    }
    unsafe pointer = context
    validity = begin...end
  }

  deinit { unsafe copenssl_free_context(pointer) }

  private static func taken(_ text: String, _ take: (UnsafeRawPointer?, Int32) -> Int32) -> Int {
    var text = text
    return Int(text.withUTF8 { unsafe take(UnsafeRawPointer($0.baseAddress), Int32(clamping: $0.count)) })
  }

  private static func failure(_ code: Int) -> Failure? {
    switch code {
    case copenssl_taken: nil
    case copenssl_no_certificate: .noCertificate
    case copenssl_weak_certificate: .weakCertificate
    case copenssl_no_key: .noKey
    default: .wrongKey
    }
  }
}

/// The context that connections begin with from now on.
package final class CurrentTLS: Sendable {
  private let held: Mutex<TLSContext>

  package init(_ context: TLSContext) { held = Mutex(context) }

  package var context: TLSContext { held.withLock { $0 } }

  /// Whoever is connected keeps the old one.
  package func replace(with context: TLSContext) { held.withLock { $0 = context } }
}
