import FoundationEssentials
package import Payments

/// Judges the acquirer's own QR picture of a page (`pg_redirect_qr`): it is passed on only where it shows the very address that the answer names. A payer sees where a
/// link leads, but nobody sees where a picture does.
package struct PagePictures: Sendable {
  /// Reads the one QR code in a PNG file; nil where there is none that can be read.
  private let text: @Sendable ([UInt8]) async -> String?
  private let withheld: @Sendable (MerchantName) -> Void

  /// - Parameter withheld: called for each picture that is not passed on.
  package init(
    text: @escaping @Sendable ([UInt8]) async -> String?, withheld: @escaping @Sendable (MerchantName) -> Void = { _ in }
  ) {
    self.text = text
    self.withheld = withheld
  }

  /// Without a reader no picture can be judged, and none is passed on.
  package static let none = PagePictures { _ in nil }

  /// Why a picture was withheld, for the log; never what it shows.
  enum Fault: String {
    case unreadable
    case otherAddress = "other address"
  }

  /// - Parameter picture: `data:image/png;base64,…`, as `PageReading` lets it through.
  func fault(of picture: String, on page: PaymentPage, merchant: MerchantName) async -> Fault? {
    guard let comma = picture.firstIndex(of: ","), let file = Data(base64Encoded: String(picture[picture.index(after: comma)...])),
      let text = await text(Array(file))
    else {
      withheld(merchant)
      return .unreadable
    }
    guard text == page.url else {
      withheld(merchant)
      return .otherAddress
    }
    return nil
  }
}
