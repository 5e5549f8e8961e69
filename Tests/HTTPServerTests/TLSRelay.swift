import Foundation
import Testing
import Transport

/// Lets a client without TLS speak to a server with it, as rudely as clients are: the client's FIN goes on as a FIN without close_notify, its reset as a reset.
/// For one connection, in a process of its own.
enum TLSRelay {
  /// What begins with this goes on as it is, behind it, and not as a record.
  static let asItIs = "as it is:"

  /// - Returns: where the client connects to.
  static func start(to server: TestServer, _ certificate: TestCertificate) async throws -> SocketAddress {
    let port = try #require(server.address.port)
    try script.write(to: certificate.folder.appendingPathComponent("relay.py"), atomically: true, encoding: .utf8)
    let started = try await certificate.shell(
      "{ timeout 30 python3 relay.py \(port) > port & } && while ! [ -s port ]; do sleep 0.02; done && cat port")
    return try SocketAddress("127.0.0.1:\(started.output.trimmingCharacters(in: .whitespacesAndNewlines))")
  }

  private static let script = """
    import select, socket, ssl, struct, sys
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    near, _ = listening.accept()
    far = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    context = ssl.create_default_context(cafile="server.pem")
    context.suppress_ragged_eofs = False
    came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(came, goes, server_hostname="localhost")

    def reset(end):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()
        sys.exit()

    def from_near():
        try: data = near.recv(65536)
        except ConnectionResetError: reset(far)
        if data.startswith(b"\(asItIs)"): far.sendall(data[\(asItIs.utf8.count):])
        elif data: session.write(data)
        return data

    def from_far():
        try: data = far.recv(65536)
        except ConnectionResetError: reset(near)
        came.write(data)
        return data

    while True:
        try: session.do_handshake()
        except ssl.SSLWantReadError:
            far.sendall(goes.read())
            if not from_far(): sys.exit()
            continue
        break
    # The first request leaves with the end of the handshake, if it is here.
    sources = [near, far]
    if select.select([near], [], [], 0)[0] and not from_near(): sources = [far]
    far.sendall(goes.read())
    if near not in sources: far.shutdown(socket.SHUT_WR)
    while far in sources:
        for source in select.select(sources, [], [])[0]:
            if source is near:
                if not from_near():
                    sources.remove(near)
                    far.shutdown(socket.SHUT_WR)
                else: far.sendall(goes.read())
            else:
                if not from_far(): sources.remove(far)
                try:
                    while data := session.read(65536): near.sendall(data)
                except (ssl.SSLWantReadError, ssl.SSLZeroReturnError): pass
                except ssl.SSLError: sources = []
                except ConnectionError: reset(far)
    """
}
