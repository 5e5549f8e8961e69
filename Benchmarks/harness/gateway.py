"""paylink itself, and the acquirer that everybody calls."""

import hashlib
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from places import ACQUIRER, BUILD, GATEWAY, KEY, OPERATIONS, PAYLINK, SECRET
from processes import Process


def start_acquirer(folder: Path) -> Process:
    """The stand-in, with a certificate of its own that is its own authority: folder/acquirer.pem."""
    certificate, key = folder / "acquirer.pem", folder / "acquirer.key"
    if not certificate.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    process = Process([BUILD / "acquirer", ACQUIRER, certificate, key, SECRET], folder, "acquirer")
    process.wait_for_port(ACQUIRER)
    return process


def write_settings(folder: Path, database: Path, level: str = "warning", connections: int = 10_000) -> Path:
    """level: paylink writes a line a request at info; the peers write none, so by default paylink writes none either."""
    (folder / "secret").write_text(SECRET)
    settings = folder / "paylink.yaml"
    settings.write_text(f"""\
listen: 127.0.0.1:{GATEWAY}
ops_listen: 127.0.0.1:{OPERATIONS}
public_url: http://127.0.0.1:{GATEWAY}
database: sqlite:{database}
log_level: {level}
acquirer_ca_file: {folder}/acquirer.pem
merchants:
  - {{name: main, merchant_id: 700001, secret_key_file: {folder}/secret, base_url: "https://127.0.0.1:{ACQUIRER}", api: gateway, encoding: urlencoded, currency: UZS}}
api_keys:
  - {{name: bench, kind: secret, sha256: {hashlib.sha256(KEY.encode()).hexdigest()}, scopes: ["links:read", "links:write"], merchants: [main]}}
limits: {{connections: {connections}}}
# What a filled store holds is old: to take it away is no part of what is measured.
retention: {{messages: forever, attempts: forever, answers: forever, idempotency_keys: forever, events: forever, orphans: forever}}
""")
    return settings


def migrate(settings: Path) -> None:
    subprocess.run([PAYLINK, "migrate", "--config", settings], check=True, capture_output=True)


def start(settings: Path, folder: Path, name: str = "paylink") -> Process:
    process = Process([PAYLINK, "serve", "--config", settings], folder, name)
    process.wait_for_port(GATEWAY)
    wait_ready()
    return process


def wait_ready() -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{OPERATIONS}/readyz", timeout=2).read()
            return
        except (OSError, urllib.error.URLError):
            time.sleep(0.002)
    raise RuntimeError("paylink is not ready")
