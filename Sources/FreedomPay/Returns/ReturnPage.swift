import HTTPServer
import HTTPTypes

/// The small page for payers whose shop gave no address to go back to, and for addresses that lead nowhere. It never claims that
/// something was paid: a return is no proof (protocol §6).
enum ReturnPage {
  case success
  case failure
  case notFound
  case unavailable

  var response: Response {
    let (status, title, text): (HTTPResponse.Status, String, String) =
      switch self {
      case .success: (.ok, "Thank you", "The shop is told as soon as your payment is confirmed. You can close this page.")
      case .failure: (.ok, "The payment was not completed", "Nothing more happens here. Please ask the shop if you want to try again.")
      case .notFound: (.notFound, "Nothing here", "This address leads to no payment.")
      case .unavailable: (.serviceUnavailable, "One moment, please", "Please reload this page in a minute.")
      }
    let html = """
      <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">\
      <meta name="robots" content="noindex"><title>\(title)</title></head><body><main><h1>\(title)</h1><p>\(text)</p></main></body></html>
      """
    return Response(status: status, contentType: "text/html; charset=utf-8", text: html, fields: ReturnFields.common)
  }
}

/// Fields of every answer to a payer who comes back: the address holds a token, so it goes nowhere and is kept nowhere.
enum ReturnFields {
  static let common: HTTPFields = {
    var fields: HTTPFields = [.cacheControl: "no-store"]
    for (name, value) in [
      ("Referrer-Policy", "no-referrer"), ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
      ("X-Content-Type-Options", "nosniff"),
    ] {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    return fields
  }()
}
