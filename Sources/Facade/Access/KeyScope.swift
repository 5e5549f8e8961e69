/// What an API key may do (design §4.3).
package enum KeyScope: String, Hashable, Sendable, CaseIterable {
  case linksRead = "links:read"
  case linksWrite = "links:write"
  case refundsWrite = "refunds:write"
  case eventsRead = "events:read"
  case admin
}
