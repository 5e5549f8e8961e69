/// The names of what we count: one place, so that dashboards and code agree. Prometheus sees them with the ending its rules ask for (`_total`, `_seconds`).
package enum MetricName {
  /// Requests by `route` (its pattern), `method` and `status`.
  package static let httpRequests = "paylink_http_requests_total"
  /// Time from a whole request to a whole answer, by `route` and `method`.
  package static let httpRequestDuration = "paylink_http_request_duration_seconds"
  /// Links asked for, by `merchant` and `outcome`: created, pending, replayed, refused, conflict, not_sent, failed.
  package static let linksCreated = "paylink_links_created_total"
  /// The acquirer's calls, by `kind` (check, result) and `verdict`.
  package static let callbacks = "paylink_callbacks_total"
  /// Open connections of the API's listeners.
  package static let connections = "paylink_connections"
  /// Tries to deliver an event, by `endpoint` and `outcome`: delivered, failed, dead (given up).
  package static let deliveries = "paylink_event_deliveries_total"
  /// Label sets that were refused because a metric had too many, by `metric`: our own fault, worth an alarm.
  package static let refusedLabelSets = "paylink_refused_label_sets_total"

  /// What each means, for `# HELP`.
  static let help: [String: String] = [
    httpRequests: "HTTP requests by route pattern, method and status.",
    httpRequestDuration: "Seconds from a whole request to its answer.",
    linksCreated: "Payment links asked for, by outcome.",
    callbacks: "Calls of the acquirer by kind and verdict.",
    connections: "Open connections.",
    deliveries: "Tries to deliver an event to the shop, by endpoint and outcome.",
    refusedLabelSets: "Label sets refused because a metric had too many.",
  ]
}
