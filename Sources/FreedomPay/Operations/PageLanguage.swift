/// `pg_language`: the acquirer's words for the languages of its pages are not all ISO 639-1 (protocol §2.3, catalogue §11).
enum PageLanguage {
  /// The acquirer's word for a language; nil where it has no pages in it.
  ///
  /// Kazakh (`kk`) is `kz`, but `kk` in the Merchant family of the Kazakh host. Kyrgyz (`ky`) is `kg`. The acquirer's own words pass.
  static func wireCode(_ language: String, family: Family, region: Region) -> String? {
    switch language.lowercased() {
    case "ru": "ru"
    case "en": "en"
    case "uz": "uz"
    case "ky", "kg": "kg"
    case "kk", "kz": family == .merchant && region == .kz ? "kk" : "kz"
    default: nil
    }
  }
}
