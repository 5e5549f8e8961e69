"""The load generators: wrk beside the peers, our own load and slow where paylink is alone."""

import json
import re
import subprocess
import sys

from places import BUILD, GATEWAY, KEY, SECRET

# 317 bytes, ten members.
ORDER = (
    '{"order_id":"A1001","amount":15000000,"currency":"UZS","description":"Order A1001: one pair of walking boots, brown, size 43",'
    '"language":"uz","phone":"+998901234567","email":"payer@example.uz","lifetime":86400,"testing":false,'
    '"success_url":"https://shop.example.uz/orders/A1001/thanks?source=paylink&campaign=autumn"}')
assert len(ORDER) == 317, len(ORDER)

_REPORT = """
function done(summary, latency, requests)
  io.write(string.format('\\nRESULT {"requests": %d, "seconds": %.4f, "p50_ms": %.4f, "p99_ms": %.4f, "errors": %d}\\n', summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""

_ORDER_SCRIPT = f"""
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{ORDER}'
""" + _REPORT

_CREATE_SCRIPT = f"""
local threads = 0
function setup(thread) thread:set("number", threads); threads = threads + 1 end
local count = 0
local run = RUN
function request()
  count = count + 1
  local order = "B" .. run .. "x" .. number .. "x" .. count
  return wrk.format("POST", nil, {{["Content-Type"] = "application/json", ["Authorization"] = "Bearer {KEY}", ["Idempotency-Key"] = order}},
    '{{"order_id":"' .. order .. '","amount":15000000,"currency":"UZS","description":"Order ' .. order .. '"}}')
end
""" + _REPORT


class Wrk:
    """wrk with a script in a folder of the run."""

    def __init__(self, folder):
        self.folder = folder
        self.runs = 0

    def order(self, url: str, threads: int, connections: int, seconds: float) -> dict:
        return self._run(_ORDER_SCRIPT, url, threads, connections, seconds)

    def create(self, url: str, threads: int, connections: int, seconds: float) -> dict:
        """Every order is another: RUN makes them differ between cells over one store."""
        self.runs += 1
        return self._run(_CREATE_SCRIPT.replace("RUN", str(self.runs)), url, threads, connections, seconds)

    def _run(self, script: str, url: str, threads: int, connections: int, seconds: float) -> dict:
        path = self.folder / "wrk.lua"
        path.write_text(script)
        done = subprocess.run(
            ["wrk", f"-t{threads}", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s", "-s", path, url],
            capture_output=True, text=True, timeout=seconds + 60)
        match = re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
        if not match:
            raise RuntimeError(f"wrk: {done.stdout[-300:]} {done.stderr[-300:]}")
        result = json.loads(match[1])
        result["rps"] = result["requests"] / result["seconds"]
        return result


def load(kind: str, *, port: int = GATEWAY, **options) -> dict:
    """tools/load.c; options by name, such as connections=64, in_flight=16, seconds=5."""
    seconds = float(options.get("seconds", 5))
    credentials = ["--secret", SECRET] if kind == "callback" else ["--key", KEY]
    named = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    done = subprocess.run([BUILD / "load", kind, "--port", str(port), *credentials, *named], capture_output=True, text=True, timeout=seconds + 120)
    if done.returncode not in (0, 2) or not done.stdout:
        raise RuntimeError(f"load {kind}: {done.stderr[-500:]}")
    result = json.loads(done.stdout)
    if result["errors"] or result["unanswered"]:
        print(f"    load {kind}: {result['errors']} errors, {result['unanswered']} unanswered: {done.stderr.strip()[:400]}", file=sys.stderr)
    return result


def slow(kind: str, connections: int, seconds: float, target: str = "/", port: int = GATEWAY) -> subprocess.Popen:
    """tools/slow.c, which goes on beside us for so many seconds."""
    return subprocess.Popen(
        [BUILD / "slow", kind, str(port), str(connections), str(seconds), target, KEY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
