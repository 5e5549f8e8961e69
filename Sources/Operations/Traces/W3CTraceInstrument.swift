package import Instrumentation
import ServiceContextModule

/// The W3C form of a trace as an instrument of swift-distributed-tracing: takes it out of what came in and puts it into what goes out.
package struct W3CTraceInstrument: Instrument {
  package static let field = "traceparent"

  package init() {}

  /// Where the carrier has no valid field, the context stays as it was.
  package func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    guard let text = extractor.extract(key: Self.field, from: carrier), let trace = TraceContext(traceparent: text) else { return }
    context.trace = trace
  }

  /// A span of its own for each call; a trace of its own where the context has none.
  package func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    injector.inject((context.trace?.child() ?? .fresh()).traceparent, forKey: Self.field, into: &carrier)
  }
}
