/// The names of what we count: one place, so that dashboards and code agree. Prometheus sees them with the ending its rules ask for (`_total`, `_seconds`).
package enum MetricName {
  /// Requests by `route` (its pattern), `method` and `status`.
  package static let httpRequests = "paylink_http_requests_total"
  /// Time from a whole request to a whole answer, by `route` and `method`.
  package static let httpRequestDuration = "paylink_http_request_duration_seconds"
  /// Links made, by `merchant` and `outcome`: created, pending, refused, not_sent.
  package static let linksCreated = "paylink_links_created_total"
  /// The acquirer's calls, by `merchant`, `kind` (check, result) and `verdict` (accept, reject, error, forged).
  package static let callbacks = "paylink_callbacks_total"
  /// Reports settled, by `source` and `reading`.
  package static let reports = "paylink_reports_total"
  /// Our calls to the acquirer, by `operation` and `outcome`.
  package static let acquirerCalls = "paylink_acquirer_calls_total"
  package static let acquirerCallDuration = "paylink_acquirer_call_duration_seconds"
  /// Open connections of the API's listeners.
  package static let connections = "paylink_connections"
  /// Units of work waiting for the writer.
  package static let writerQueue = "paylink_writer_queue"
  /// Label sets that were refused because a metric had too many, by `metric`: our own fault, worth an alarm.
  package static let refusedLabelSets = "paylink_refused_label_sets_total"

  /// What each means, for `# HELP`.
  static let help: [String: String] = [
    httpRequests: "HTTP requests by route pattern, method and status.",
    httpRequestDuration: "Seconds from a whole request to its answer.",
    linksCreated: "Payment links asked for, by outcome.",
    callbacks: "Calls of the acquirer by kind and verdict.",
    reports: "Reports settled by source and reading.",
    acquirerCalls: "Calls to the acquirer by operation and outcome.",
    acquirerCallDuration: "Seconds a call to the acquirer took.",
    connections: "Open connections.",
    writerQueue: "Units of work waiting for the writer.",
    refusedLabelSets: "Label sets refused because a metric had too many.",
  ]
}
