"""A shop's event receiver, for tests: verifies with the standardwebhooks package, which knows nothing of paylink.

receiver.py --port N --secret-file F [--manner good|trusting|strict|parsing] [--answers 500,503:7,200] [--delay SECONDS]

Writes one line of JSON per request to standard output. --answers are given first, in turn, to what verifies (status, or status:Retry-After); then 204.
"""

import argparse
import http.server
import json
import sys
import threading
import time

from standardwebhooks import Webhook, WebhookVerificationError

options = argparse.ArgumentParser()
options.add_argument("--port", type=int, required=True)
options.add_argument("--secret-file", required=True)
options.add_argument("--manner", default="good")
options.add_argument("--answers", default="")
options.add_argument("--delay", type=float, default=0)
options = options.parse_args()

with open(options.secret_file, encoding="utf-8") as file:
    webhook = Webhook(file.read().strip())
answers = [answer for answer in options.answers.split(",") if answer]
seen = set()
last = {}
lock = threading.Lock()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        # The parsing one reads once and takes what came, as too many do.
        body = self.rfile.read1(length) if options.manner == "parsing" else self.rfile.read(length)
        event, why = None, None
        try:
            if options.manner == "trusting":
                event = json.loads(body)
            else:
                event = webhook.verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError) as error:
            why = str(error) or type(error).__name__
        with lock:
            status, fields = self.answer(event)
            line = {
                "verified": event is not None, "why": why, "status": status, "id": self.headers.get("webhook-id"),
                "timestamp": self.headers.get("webhook-timestamp"), "signature": self.headers.get("webhook-signature"),
                "content_type": self.headers.get("content-type"), "body": body.decode("utf-8", "replace"), "at": time.time(),
            }
            print(json.dumps(line), flush=True)
        time.sleep(options.delay)
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, event):
        if event is None:
            return 400, {}
        if answers:
            status, _, wait = answers.pop(0).partition(":")
            return int(status), {"Retry-After": wait} if wait else {}
        if options.manner == "strict":
            # Breaks on what it does not expect: repeats, older sequences, types that it does not know.
            link = (event["data"]["link"] or {}).get("id")
            if event["id"] in seen or event["type"] != "payment_link.completed" or event["sequence"] < last.get(link, 0):
                return 500, {}
            seen.add(event["id"])
            last[link] = event["sequence"]
        return 204, {}

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


server = Server(("127.0.0.1", options.port), Receiver)
print(json.dumps({"ready": True}), flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    sys.exit(0)
