import HTTPClient
import HTTPTypes
import Instrumentation
import Operations
import ServiceContextModule

/// Puts the trace into every call that goes out, to the acquirer and to the shops: the client itself knows nothing of requests.
struct TracedCaller: HTTPCaller {
  let caller: any HTTPCaller
  private let instrument = W3CTraceInstrument()

  init(_ caller: any HTTPCaller) { self.caller = caller }

  func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
    var request = request
    instrument.inject(ServiceContext.current ?? .topLevel, into: &request.fields, using: FieldInjector())
    return try await caller.send(request)
  }

  private struct FieldInjector: Injector {
    func inject(_ value: String, forKey key: String, into fields: inout HTTPFields) {
      guard let name = HTTPField.Name(key) else { return }
      fields[name] = value
    }
  }
}
