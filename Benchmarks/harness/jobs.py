"""The two jobs, done by paylink and its peers in turns."""

import os
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import gateway
from places import ACQUIRER, BENCHMARKS, BUILD, GATEWAY, KEY, PAYLINK_JSON, PEERS, SECRET, SWIFT_PEER
from processes import Process
from tools import ORDER, Wrk

# Threads and connections of wrk.
LOADS = [(1, 64), (2, 256)]


@dataclass
class Server:
    """A peer: how it is started on a port in a folder, and where the job is done."""

    name: str
    start: Callable[[int, Path], Process]
    path: str
    decodes: bool = True


def _nginx(port: int, folder: Path) -> Process:
    text = (BENCHMARKS / "peers/nginx/nginx.conf").read_text().replace("FOLDER", str(folder)).replace("PORT", str(port))
    (folder / "nginx.conf").write_text(text)
    return Process(["/usr/sbin/nginx", "-p", folder, "-e", folder / "nginx-error.log", "-c", folder / "nginx.conf"], folder, "nginx")


def _environment(port: int, folder: Path, name: str, with_store: bool) -> dict[str, str]:
    environment = {"PORT": str(port)}
    if with_store:
        environment |= {
            "DATABASE": str(folder / f"{name}.db"), "ACQUIRER": f"https://127.0.0.1:{ACQUIRER}", "AUTHORITY": str(folder / "acquirer.pem"), "SECRET": SECRET}
    return environment


def _peer(name: str, command: list, with_store: bool, working: Path | None = None) -> Callable[[int, Path], Process]:
    def start(port: int, folder: Path) -> Process:
        filled = [str(part).replace("PORT", str(port)) for part in command]
        return Process(filled, folder, name, _environment(port, folder, name, with_store), working)

    return start


def _uvicorn() -> list:
    """As many workers as cores, as uvicorn's page on deployment says; uvloop and httptools are found by themselves."""
    return [BUILD / "venv/bin/uvicorn", "app:app", "--host", "127.0.0.1", "--port", "PORT", "--workers", os.cpu_count() or 1, "--log-level", "warning"]


def _frameworks(with_store: bool) -> list[tuple[str, Callable[[int, Path], Process]]]:
    suffix = "-store" if with_store else ""
    return [
        ("Hummingbird", _peer("hummingbird" + suffix, [SWIFT_PEER], with_store)),
        ("Go", _peer("go" + suffix, [BUILD / "go-peer"], with_store)),
        ("FastAPI", _peer("fastapi" + suffix, _uvicorn(), with_store, BENCHMARKS / "peers/fastapi")),
    ]


def order_servers() -> list[Server]:
    return [
        Server("C epoll", _peer("epoll", [BUILD / "epoll-server", "PORT"], False), "/order", decodes=False),
        Server("nginx", _nginx, "/order", decodes=False),
        Server("paylink, constant answer", _peer("paylink-json", [PAYLINK_JSON, "PORT"], False), "/constant", decodes=False),
        Server("paylink, JSON decoded", _peer("paylink-json-2", [PAYLINK_JSON, "PORT"], False), "/order"),
        *(Server(name, start, "/order") for name, start in _frameworks(False)),
    ]


def create_servers() -> list[Server]:
    def paylink(port: int, folder: Path) -> Process:
        return gateway.start(gateway.write_settings(folder, folder / "paylink-create.db"), folder, "paylink-create")

    return [Server("paylink", paylink, "/v1/payment-links"), *(Server(name, start, "/v1/payment-links") for name, start in _frameworks(True))]


class Turns:
    """All servers of a job, started together and visited in turn inside each round, so that every ratio is of one run."""

    def __init__(self, servers: list[Server], folder: Path, send: Callable[[str, int, int, float], dict]):
        self.servers, self.folder, self.send = servers, folder, send
        self.running: list[tuple[Server, Process, int]] = []

    def __enter__(self):
        try:
            for place, server in enumerate(self.servers):
                port = GATEWAY if server.name == "paylink" else PEERS + place
                process = server.start(port, self.folder)
                self.running.append((server, process, port))
                process.wait_for_port(port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for _, process, _ in self.running:
            process.stop()

    def run(self, rounds: int, seconds: float) -> list[dict]:
        cells = []
        for server, process, port in self.running:
            # Caches, pools and just-in-time work are not what is compared.
            self.send(f"http://127.0.0.1:{port}{server.path}", 1, 64, 1)
        for number in range(rounds):
            for threads, connections in LOADS:
                for server, process, port in self.running:
                    cells.append(self._cell(server, process, port, number, threads, connections, seconds))
        return cells

    def _cell(self, server: Server, process: Process, port: int, number: int, threads: int, connections: int, seconds: float) -> dict:
        time.sleep(0.3)
        before = process.cpu_seconds()
        result = self.send(f"http://127.0.0.1:{port}{server.path}", threads, connections, seconds)
        cpu = process.cpu_seconds() - before
        result |= {
            "server": server.name, "decodes": server.decodes, "round": number, "connections": connections,
            "cpu_us": cpu * 1e6 / max(result["requests"], 1), "memory_mb": process.memory()}
        print(f"  {number + 1}  {server.name:26} c{connections:<4} {result['rps']:9.0f}/s  p50 {result['p50_ms']:8.2f} ms  p99 {result['p99_ms']:8.2f} ms  "
              f"{result['cpu_us']:8.1f} us CPU  {result['memory_mb']:6.0f} MB" + (f"  {result['errors']} ERRORS" if result["errors"] else ""), file=sys.stderr, flush=True)
        return result


def probe(url: str, body: str, status: int, expected: str = "") -> None:
    """One request, looked at: a peer that answers nonsense quickly is no peer."""
    request = urllib.request.Request(
        url, body.encode(), {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}", "Idempotency-Key": "probe"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            got, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        got, text = error.code, error.read().decode()
    if got != status or expected not in text:
        raise RuntimeError(f"{url} answered {got}, not {status}: {text[:200]}")


def order_job(folder: Path, rounds: int, seconds: float) -> list[dict]:
    with Turns(order_servers(), folder, Wrk(folder).order) as turns:
        for server, _, port in turns.running:
            url = f"http://127.0.0.1:{port}{server.path}"
            probe(url, ORDER, 200, '"created"')
            if server.decodes:
                probe(url, ORDER[:-2], 422 if server.name == "FastAPI" else 400)
        return turns.run(rounds, seconds)


def create_job(folder: Path, rounds: int, seconds: float) -> list[dict]:
    body = '{"order_id":"PROBE","amount":15000000,"currency":"UZS","description":"Order PROBE"}'
    with Turns(create_servers(), folder, Wrk(folder).create) as turns:
        for server, _, port in turns.running:
            probe(f"http://127.0.0.1:{port}{server.path}", body, 201, 'customer.example')
        return turns.run(rounds, seconds)
