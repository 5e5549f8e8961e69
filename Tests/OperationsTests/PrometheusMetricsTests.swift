import CoreMetrics
import Synchronization
import Testing

@testable import Operations

struct PrometheusMetricsTests {
  @Test("Counters, gauges and histograms are written as Prometheus text, sorted, with their types")
  func text() {
    let metrics = PrometheusMetrics(bounds: [0.5, 1])
    metrics.makeCounter(label: "b.requests", dimensions: [("status", "200"), ("method", "GET")]).increment(by: 2)
    metrics.makeCounter(label: "b.requests", dimensions: [("method", "GET"), ("status", "404")]).increment(by: 1)
    metrics.makeCounter(label: "b.requests", dimensions: [("method", "GET"), ("status", "200")]).increment(by: 3)
    let meter = metrics.makeMeter(label: "a_gauge", dimensions: [])
    meter.set(2.5 as Double)
    meter.increment(by: 1)
    meter.decrement(by: 0.25)
    let timer = metrics.makeTimer(label: "c_wait", dimensions: [("route", "/p/{token}")])
    for nanoseconds in [500_000_000, 500_000_001, 1_000_000_000, 2_000_000_000] as [Int64] { timer.recordNanoseconds(nanoseconds) }
    metrics.makeRecorder(label: "d_size", dimensions: [], aggregate: true).record(Int64(1))
    metrics.makeRecorder(label: "e_last", dimensions: [], aggregate: false).record(7.0)
    metrics.makeFloatingPointCounter(label: "f", dimensions: []).increment(by: 0.5)
    #expect(
      metrics.text() == """
        # TYPE a_gauge gauge
        a_gauge 3.25
        # TYPE b_requests_total counter
        b_requests_total{method="GET",status="200"} 5
        b_requests_total{method="GET",status="404"} 1
        # TYPE c_wait_seconds histogram
        c_wait_seconds_bucket{route="/p/{token}",le="0.5"} 1
        c_wait_seconds_bucket{route="/p/{token}",le="1"} 3
        c_wait_seconds_bucket{route="/p/{token}",le="+Inf"} 4
        c_wait_seconds_sum{route="/p/{token}"} 4.000000001
        c_wait_seconds_count{route="/p/{token}"} 4
        # TYPE d_size histogram
        d_size_bucket{le="0.5"} 0
        d_size_bucket{le="1"} 1
        d_size_bucket{le="+Inf"} 1
        d_size_sum 1
        d_size_count 1
        # TYPE e_last gauge
        e_last 7
        # TYPE f_total counter
        f_total 0.5

        """)
  }

  @Test("Names and labels are spelled as Prometheus allows, values are escaped, and an ending is not doubled")
  func spelling() {
    let metrics = PrometheusMetrics()
    metrics.makeCounter(label: "1 a-ö:x", dimensions: [("la bel", "back\\slash \"quote\"\nline"), ("9", "ü")]).increment(by: 1)
    metrics.makeCounter(label: "paylink_http_requests_total", dimensions: []).increment(by: 1)
    #expect(
      metrics.text() == """
        # TYPE _1_a__:x_total counter
        _1_a__:x_total{_9="ü",la_bel="back\\\\slash \\"quote\\"\\nline"} 1
        # HELP paylink_http_requests_total HTTP requests by route pattern, method and status.
        # TYPE paylink_http_requests_total counter
        paylink_http_requests_total 1

        """)
  }

  @Test("Numbers that are none or endless are written as Prometheus reads them")
  func numbers() {
    #expect(MetricText.number(.nan) == "NaN")
    #expect(MetricText.number(.infinity) == "+Inf")
    #expect(MetricText.number(-.infinity) == "-Inf")
    #expect(MetricText.number(-3) == "-3")
    #expect(MetricText.number(0.0005) == "0.0005")
    #expect(MetricText.number(1e300) == "1e+300")
  }

  @Test("A metric has at most its bound of label sets; what is over is counted as refused and nowhere else")
  func labelSets() {
    let metrics = PrometheusMetrics(labelSetsAtMost: 2)
    for label in ["a", "b", "c", "d"] { metrics.makeCounter(label: "n", dimensions: [("l", label)]).increment(by: 1) }
    metrics.makeCounter(label: "n", dimensions: [("l", "a")]).increment(by: 1)
    #expect(
      metrics.text() == """
        # TYPE n_total counter
        n_total{l="a"} 2
        n_total{l="b"} 1
        # HELP paylink_refused_label_sets_total Label sets refused because a metric had too many.
        # TYPE paylink_refused_label_sets_total counter
        paylink_refused_label_sets_total{metric="n_total"} 2

        """)
  }

  @Test("There are at most so many metrics, and a name keeps its kind")
  func metricsAtMost() {
    let metrics = PrometheusMetrics(metricsAtMost: 1)
    metrics.makeMeter(label: "a", dimensions: []).set(1 as Int64)
    metrics.makeMeter(label: "b", dimensions: []).set(1 as Int64)
    metrics.makeRecorder(label: "a", dimensions: [], aggregate: true).record(Int64(1))
    let lines = metrics.text().split(separator: "\n")
    #expect(lines.contains("a 1"))
    #expect(lines.contains("paylink_refused_label_sets_total{metric=\"\"} 1"))
    #expect(lines.contains("paylink_refused_label_sets_total{metric=\"a\"} 1"))
    #expect(!lines.contains { $0.hasPrefix("b") })
  }

  @Test("Many threads lose no count")
  func threads() async {
    let metrics = PrometheusMetrics()
    await withTaskGroup { group in
      for task in 0..<8 {
        group.addTask {
          for _ in 0..<1000 {
            metrics.makeCounter(label: "n", dimensions: [("t", String(task % 2))]).increment(by: 1)
            metrics.makeTimer(label: "t", dimensions: []).recordNanoseconds(1)
          }
        }
      }
    }
    let lines = metrics.text().split(separator: "\n")
    #expect(lines.contains("n_total{t=\"0\"} 4000"))
    #expect(lines.contains("n_total{t=\"1\"} 4000"))
    #expect(lines.contains("t_seconds_count 8000"))
  }

  @Test("A counter of a table is looked up once for each key, and counts each time")
  func table() {
    let metrics = PrometheusMetrics()
    let lookedUp = Mutex<[String]>([])
    let table = CounterTable<String> { key in
      lookedUp.withLock { $0.append(key) }
      return metrics.makeCounter(label: "n", dimensions: [("key", key)])
    }
    for key in ["a", "b", "a", "a"] { table.count(key) }
    #expect(lookedUp.withLock { $0 } == ["a", "b"])
    #expect(metrics.text().contains("n_total{key=\"a\"} 3\nn_total{key=\"b\"} 1\n"))
  }
}
