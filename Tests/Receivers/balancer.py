"""A load balancer as a process of its own: hands each request to the next of the gateways that answers, as proxies in front of several do.

A gateway that cannot be reached, or dies in the middle of a request, is passed over: the request goes to the next. That is safe for the acquirer's calls, which
are made to be repeated.
"""

import argparse
import http.client
import http.server
import itertools

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("targets", nargs="+", type=int)
arguments = parser.parse_args()
turn = itertools.count()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        first = next(turn)
        for number in range(2 * len(arguments.targets)):
            port = arguments.targets[(first + number) % len(arguments.targets)]
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                fields = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
                connection.request(self.command, self.path, body, fields)
                answer = connection.getresponse()
                data = answer.read()
            except (OSError, http.client.HTTPException):
                continue
            finally:
                connection.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            return
        self.send_error(502)

    do_GET = do_POST = forward

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", arguments.port), Handler)
print("ready", flush=True)
server.serve_forever()
