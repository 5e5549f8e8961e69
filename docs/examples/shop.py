#!/usr/bin/env python3
"""A shop's back end, as small as it can be: it serves shop.html and signs orders. Only Python's standard library.

The price is made here and signed here (JWT, HS256); the payer's browser only carries it. jti is the order's number, so that a page that is
loaded again gets the same payment link. Whether an order is paid, a shop asks with its secret key or is told by a webhook: what a browser
says is never proof.
"""
import base64, hashlib, hmac, http.server, json, os, pathlib, secrets, time

GATEWAY = os.environ.get("PAYLINK_URL", "http://127.0.0.1:8080")  # as its public_url
KEY = os.environ.get("SHOP_KEY", "pk_sandbox_demo")
HERE = pathlib.Path(__file__).parent
SECRET = pathlib.Path(os.environ.get("SHOP_ORDER_SECRET_FILE", HERE / "order-secret.txt")).read_text().removesuffix("\n").encode()
PORT = int(os.environ.get("SHOP_PORT", "8000"))


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(order: dict) -> str:
    """The order as a JWT: header.claims.signature."""
    claims = {**order, "aud": GATEWAY, "jti": order["order_id"], "exp": int(time.time()) + 900}
    parts = [base64url(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signature = hmac.new(SECRET, ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, base64url(signature)])


class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer("text/html; charset=utf-8", (HERE / "shop.html").read_bytes())

    def do_POST(self):
        # A real shop looks into the basket of this session here.
        order = {"order_id": secrets.token_hex(8), "amount": 15_000_000, "currency": "UZS", "description": "One kettle",
                 "success_url": f"http://127.0.0.1:{PORT}/", "metadata": {"basket": "kettle"}}
        self.answer("application/json", json.dumps({"gateway": GATEWAY, "key": KEY, "signed_order": signed(order)}).encode())

    def answer(self, kind: str, body: bytes):
        self.send_response(200)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    print(f"shop on http://127.0.0.1:{PORT}, gateway {GATEWAY}", flush=True)
    http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Shop).serve_forever()
