import CCurl
import Glibc

/// libcurl as a whole: what is set up once a process, and what it says of itself.
enum CurlLibrary {
  /// Sets libcurl up, once; touch it before any handle is made. SIGPIPE is ignored from then on: with `CURLOPT_NOSIGNAL` libcurl leaves that to the process.
  static let ready: Bool = {
    _ = signal(SIGPIPE, SIG_IGN)
    return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
  }()

  /// The PEM bundle of the system that libcurl was built for, such as `/etc/ssl/certs/ca-certificates.crt`.
  static let authorityFile = unsafe text { unsafe $0.pointee.cainfo }
  /// The folder of single certificates named by hash, such as `/etc/ssl/certs`.
  static let authorityFolder = unsafe text { unsafe $0.pointee.capath }

  private static func text(_ member: (UnsafeMutablePointer<curl_version_info_data>) -> UnsafePointer<CChar>?) -> String? {
    // SAFETY: libcurl's own static data; members up to `capath` exist since 7.70, and we build against 7.88.
    guard let info = unsafe curl_version_info(CURLVERSION_TENTH), let text = unsafe member(info) else { return nil }
    return unsafe String(cString: text)
  }
}
