import FreedomPay
import HTTPServer
import HTTPTypes
import Payments
import Sandbox
import Synchronization

/// What payers do: they have the addresses that the shop can read, and keep them.
extension Simulation {
  private static let cards = [
    "4400444400004440", "4400444400004440", "4400444400004440", "5555555555555599",
    // Capture, cancel, or cancel and refund fail on these; the last two are declined.
    "4939770956154989", "4716047261941981", "4916307416334310", "4400444400004443", "4400444400004446",
  ]

  func pay() async {
    guard var pages = try? await allLinks().compactMap(\.page?.url) else { return world.violation("the books cannot be read") }
    // The newest pages more often than old ones: those are for payers who come late, or twice.
    if pages.count > 3, world.happens(60) { pages = Array(pages.suffix(3)) }
    guard !pages.isEmpty else { return }
    let page = world.pick(pages)
    let family: Family = page.hasPrefix(Account.base(of: .gateway)) ? .gateway : .merchant
    var form = "action=pay&card=\(world.pick(Self.cards))"
    if world.happens(6) { form = "action=decline" }
    // Right only where the payer chooses, and then not always.
    if world.happens(25) { form += "&amount=\(world.pick([99, 100, 250, 333, 500, 501]))" }
    world.note("pay \(page.suffix(5)) \(form)")
    let target = String(page.dropFirst(Account.base(of: family).count))
    guard
      let request = try? Request(
        .post, target, fields: [.contentType: "application/x-www-form-urlencoded"], body: Array(form.utf8))
    else { return world.violation("no address of a page: \(page)") }
    state.withLock { $0.paying = page }
    let response = await acquirers[family].respond(to: request)
    world.note("  \(response.status.code)")
    if response.status == .seeOther, world.happens(50) { await comeBack(at: response.fields[.location]) }
  }

  /// A payer comes back, or only opens the address again.
  func comeBack() async {
    guard let link = await anyLink(where: { _ in true }) else { return }
    await comeBack(at: "\(Account.publicURL)/return/\(link.tokens.return.text)/success")
  }

  private func comeBack(at address: String?) async {
    guard let life = living, let address, address.hasPrefix(Account.publicURL) else { return }
    world.note("come back")
    guard let request = try? Request(.get, String(address.dropFirst(Account.publicURL.count))) else { return }
    _ = await life.router.respond(to: request)
  }
}
