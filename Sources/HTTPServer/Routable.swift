/// A room that answers HTTP: it hands its routes to whoever assembles the server.
package protocol Routable: Sendable {
  var routes: [Route] { get }
}
