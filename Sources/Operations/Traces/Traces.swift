package import HTTPServer
import HTTPTypes
import ServiceContextModule

/// Binds the trace of each request to its task, where log lines and outgoing calls find it. Wraps routes, so that neither server nor handlers know of traces.
package struct Traces: Sendable {
  package init() {}

  package func traced(_ routes: [Route]) -> [Route] {
    routes.map { route in
      var route = route
      let handler = route.handler
      route.handler = { request in
        var context = ServiceContext.current ?? .topLevel
        context.trace = TraceContext(traceparent: request.traceparent, requestID: request.id)
        context.requestID = request.id
        return await ServiceContext.withValue(context) { await handler(request) }
      }
      return route
    }
  }
}

extension Request {
  /// The field, where it came once.
  var traceparent: String? {
    let values = head.fields[values: .traceparent]
    return values.count == 1 ? values[0] : nil
  }
}
