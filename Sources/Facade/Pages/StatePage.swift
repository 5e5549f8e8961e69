import HTTPServer
import HTTPTypes
import Mustache

/// The page that says a link's state, readable on a phone and without script. It shows nothing of the order: whoever found the address may read it.
struct StatePage: Sendable {
  private let template: MustacheTemplate

  init() {
    do {
      template = try MustacheTemplate(string: Self.source)
    } catch {
      preconditionFailure("the page's own template is well formed: \(error)")
    }
  }

  /// - Parameter language: the link's; without one the browser's first choice decides, and English where we do not speak it.
  func response(_ state: LinkState, language: String?, _ request: Request) -> Response {
    let language = PageLanguage(language ?? request.head.fields[.acceptLanguage] ?? "")
    let words = language.words(for: state)
    var values = ["language": language.rawValue, "title": words.title, "text": words.text]
    if state == .renewable { values["button"] = language.openPage }
    let html = template.render(values)
    var fields: HTTPFields = [
      .cacheControl: "no-store", .referrerPolicy: "no-referrer", .xContentTypeOptions: "nosniff",
      .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    ]
    if state.isPassing { fields[.refresh] = "3" }
    if state == .unavailable { fields[.retryAfter] = "5" }
    return Response(status: state.status, contentType: "text/html; charset=utf-8", text: html, fields: fields)
  }

  private static let source = """
    <!doctype html>
    <html lang="{{language}}">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>{{title}}</title>
    <style>
    body { margin: 0; font: 1.125rem/1.5 system-ui, sans-serif; color: #1d2530; background: #f3f5f8; }
    main { max-width: 26rem; margin: 18vh auto 0; padding: 2rem 1.5rem; background: #fff; border-radius: 1rem; text-align: center; }
    h1 { font-size: 1.5rem; margin: 0 0 .75rem; }
    p { margin: 0; }
    button { margin-top: 1.5rem; padding: .75rem 1.5rem; font: inherit; color: #fff; background: #1f6feb; border: 0; border-radius: .5rem; }
    @media (prefers-color-scheme: dark) { body { color: #e8ecf2; background: #12161c; } main { background: #1d232c; } }
    </style>
    </head>
    <body><main><h1>{{title}}</h1><p>{{text}}</p>{{#button}}<form method="post"><button>{{.}}</button></form>{{/button}}</main></body>
    </html>

    """
}
