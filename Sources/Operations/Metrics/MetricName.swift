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
  /// QR pictures of the acquirer that did not show the page's own address, by `merchant`.
  package static let picturesWithheld = "paylink_acquirer_pictures_withheld_total"
  /// Readers that wait for a link or follow its events.
  package static let waitingReaders = "paylink_waiting_readers"
  /// When an API key was last used, in seconds since 1970, by `key` (its name). A key without a series was not used since the start.
  package static let keyLastUsed = "paylink_api_key_last_used_timestamp_seconds"
  /// Open connections of the API's listeners.
  package static let connections = "paylink_connections"
  /// Connections that ended, by `reason`: done, idle_timeout, made_room, head_timeout, body_timeout, write_timeout, cut_off, reset, refused, overloaded, proxy_header, tls_handshake, drained,
  /// failed.
  package static let connectionsClosed = "paylink_connections_closed_total"
  /// Times that accepting paused for 20 ms though somebody waited, by `reason`: full (as many connections as may be), exhausted (no descriptor or memory left).
  package static let acceptPauses = "paylink_accept_pauses_total"
  /// Headers of the PROXY protocol, by `outcome`: accepted, local, untrusted, malformed, timed_out, cut_off.
  package static let proxyHeaders = "paylink_proxy_headers_total"
  /// TLS handshakes, by `outcome`: full, resumed, plain_http, version, cipher, application_protocol, alert, timed_out, cut_off, malformed.
  package static let tlsHandshakes = "paylink_tls_handshakes_total"
  /// When the certificate in use ends, in seconds since 1970. There only with `tls`.
  package static let certificateEnd = "paylink_tls_certificate_end_timestamp_seconds"
  /// Age of the oldest unfinished business, by `kind` (link, payment, operation) and `status`; 0 where there is none.
  package static let oldestAge = "paylink_oldest_age_seconds"
  /// Tries to deliver an event, by `endpoint` and `outcome`: delivered, failed, dead (given up).
  package static let deliveries = "paylink_event_deliveries_total"
  /// Work taken over from a program whose lease lapsed, by `work` (look, expire, deliver): each is a program that was killed, cut off or stuck.
  package static let leasesTakenOver = "paylink_leases_taken_over_total"
  /// 1 while every program's commits are told to this one, 0 while they are asked for: a listening connection that does not stand.
  package static let hearsOthers = "paylink_hears_others"
  /// Label sets that were refused because a metric had too many, by `metric`: our own fault, worth an alarm.
  package static let refusedLabelSets = "paylink_refused_label_sets_total"

  /// What each means, for `# HELP`.
  static let help: [String: String] = [
    httpRequests: "HTTP requests by route pattern, method and status.",
    httpRequestDuration: "Seconds from a whole request to its answer.",
    linksCreated: "Payment links asked for, by outcome.",
    callbacks: "Calls of the acquirer by kind and verdict.",
    picturesWithheld: "QR pictures of the acquirer that did not show the page's address.",
    waitingReaders: "Readers that wait for a link or follow its events.",
    keyLastUsed: "When an API key was last used, seconds since 1970, a minute exactly.",
    connections: "Open connections.",
    connectionsClosed: "Connections that ended, by reason.",
    acceptPauses: "Pauses of 20 ms in which nobody was accepted though somebody waited, by reason.",
    proxyHeaders: "Connections that had to begin with a header of the PROXY protocol, by outcome.",
    tlsHandshakes: "TLS handshakes by outcome.",
    certificateEnd: "When the certificate in use ends, seconds since 1970.",
    oldestAge: "Seconds that the oldest link, payment or operation of a status is old; 0 for none.",
    deliveries: "Tries to deliver an event to the shop, by endpoint and outcome.",
    leasesTakenOver: "Work taken over from a program whose lease lapsed, by kind.",
    hearsOthers: "Whether the commits of all programs on the database are told (1) or asked for (0).",
    refusedLabelSets: "Label sets refused because a metric had too many.",
  ]
}
