import Mustache

/// The HTML of the payer's pages. Every value stands in three braces, since `PayerViews` has escaped it already. Small inline CSS, readable on a phone, no script but the self-sending form's one line.
enum PayerTemplates {
  static let open = template(
    title: "Payment",
    """
    <p class="what">{{{description}}}</p>
    {{#order}}<p class="small">Order {{{order}}}</p>{{/order}}
    {{#note}}<p class="note" role="alert">{{{note}}}</p>{{/note}}
    <form method="post" action="/pay.html?customer={{{customer}}}">
    {{#fixed}}<p class="amount">{{{fixed}}} {{{currency}}}</p>{{/fixed}}
    {{#chosen}}<label>Amount, {{{currency}}}
    <input name="amount" inputmode="decimal" autocomplete="off" value="{{{amount}}}" placeholder="{{{from}}}">
    <span class="small">from {{{from}}} to {{{to}}}</span></label>{{/chosen}}
    <label>Test card
    <select name="card">{{#cards}}<option value="{{{number}}}">{{{text}}}</option>{{/cards}}</select></label>
    <label>or the number of a test card
    <input name="number" inputmode="numeric" autocomplete="off" maxlength="23" placeholder="4400 4444 0000 4440"></label>
    <button class="pay" name="action" value="pay">Pay</button>
    <button class="decline" name="action" value="decline">Decline</button>
    </form>
    {{#isTesting}}<p class="small">Test mode was asked for.</p>{{/isTesting}}
    {{#back}}<p><a href="{{{back}}}">Back to the shop</a></p>{{/back}}
    """)

  static let state = template(
    title: "{{{title}}}",
    """
    <p class="what">{{{text}}}</p>
    {{#back}}<p><a href="{{{back}}}">Back to the shop</a></p>{{/back}}
    """)

  static let formBack = template(
    title: "Back to the shop",
    """
    <form id="back" method="post" action="{{{address}}}">
    {{#fields}}<input type="hidden" name="{{{name}}}" value="{{{value}}}">{{/fields}}
    <button class="pay">Continue to the shop</button>
    </form>
    <script>document.getElementById("back").submit()</script>
    """)

  private static func template(title: String, _ body: String) -> MustacheTemplate {
    let text = """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title)</title><style>\(style)</style></head>
      <body><main><p class="banner">Sandbox: no money moves here</p><h1>\(title)</h1>
      \(body)
      </main></body></html>

      """
    do {
      return try MustacheTemplate(string: text)
    } catch {
      preconditionFailure("the sandbox's own templates are well-formed: \(error)")
    }
  }

  private static let style = """
    body{margin:0;background:#eef1f4;color:#1b2733;font:16px/1.5 system-ui,sans-serif}\
    main{max-width:26rem;margin:1.5rem auto;padding:1.25rem 1.5rem;background:#fff;border-radius:.75rem;box-shadow:0 1px 6px #0002}\
    h1{font-size:1.4rem;margin:.5rem 0}.banner{margin:0;color:#8a5a00;font-size:.85rem}.what{font-size:1.1rem;overflow-wrap:anywhere}\
    .small{color:#5b6975;font-size:.85rem;margin:.2rem 0}.amount{font-size:2rem;font-weight:600;margin:.5rem 0}\
    .note{background:#fdecea;color:#8c1d18;padding:.6rem .8rem;border-radius:.5rem;overflow-wrap:anywhere}\
    label{display:block;margin:1rem 0}input,select{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.6rem;\
    border:1px solid #b6c0c9;border-radius:.5rem;background:#fff}\
    button{display:block;width:100%;font:inherit;padding:.75rem;margin-top:.75rem;border:0;border-radius:.5rem;cursor:pointer}\
    .pay{background:#0a7d3e;color:#fff}.decline{background:#e4e8ec;color:#1b2733}a{color:#0b5cad}
    """
}
