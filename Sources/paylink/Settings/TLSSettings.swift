import FoundationEssentials
import Payments
import Transport

/// Certificate and key of our own listener (`tls`), PEM.
struct TLSSettings: Sendable, Equatable {
  var certificateFile: String
  var keyFile: String

  /// A certificate with its chain has some KiB.
  private static let longestFile = 1 << 20

  /// Reads both files and judges them.
  /// - Parameters:
  ///   - certificatePlace, keyPlace: how a message names the settings.
  ///   - now: for the certificate's time.
  func context(
    certificatePlace: String = "tls.certificate_file", keyPlace: String = "tls.key_file", now: Date = Date()
  ) throws(SettingsError) -> TLSContext {
    let certificates = try TextFile.read(certificateFile, atMost: Self.longestFile, source: certificatePlace)
    let key = try TextFile.read(keyFile, atMost: Self.longestFile, source: keyPlace)
    let context: TLSContext
    do throws(TLSContext.Failure) {
      context = try TLSContext(certificates: certificates, key: key)
    } catch {
      switch error {
      case .noCertificate: throw SettingsError(source: certificatePlace, "\(certificateFile) holds no PEM certificate, or a broken one")
      case .weakCertificate:
        throw SettingsError(
          source: certificatePlace, "\(certificateFile) holds a certificate that is too weak: RSA from 2048 bits, EC from 224, SHA-256")
      case .noKey: throw SettingsError(source: keyPlace, "\(keyFile) holds no PEM private key, or one with a password")
      case .wrongKey: throw SettingsError(source: keyPlace, "\(keyFile) is not the key of the certificate")
      case .outOfMemory: throw SettingsError(source: certificatePlace, "no memory for TLS")
      }
    }
    let seconds = Int64(now.timeIntervalSince1970)
    if seconds > context.validity.upperBound {
      throw SettingsError(source: certificatePlace, "\(certificateFile) has expired: it ended at \(Self.text(context.validity.upperBound))")
    }
    if seconds < context.validity.lowerBound {
      throw SettingsError(source: certificatePlace, "\(certificateFile) is not valid before \(Self.text(context.validity.lowerBound))")
    }
    return context
  }

  static func text(_ seconds: Int64) -> String { Date(timeIntervalSince1970: TimeInterval(seconds)).ISO8601Format() }
}

extension TLSSettings {
  private enum Keys: String, CodingKey {
    case certificateFile = "certificate_file"
    case keyFile = "key_file"
  }

  /// nil where nothing of it is set.
  init?(in values: KeyedDecodingContainer<Settings.CodingKeys>) throws {
    guard values.contains(.tls) else { return nil }
    let tls = try values.nestedContainer(keyedBy: Keys.self, forKey: .tls)
    let certificate = try tls.read(.certificateFile, SettingText.any)
    let key = try tls.read(.keyFile, SettingText.any)
    guard certificate != nil || key != nil else { return nil }
    guard let certificate else { throw tls.broken(.certificateFile, "is required beside key_file") }
    guard let key else { throw tls.broken(.keyFile, "is required beside certificate_file") }
    (certificateFile, keyFile) = (certificate, key)
  }
}
