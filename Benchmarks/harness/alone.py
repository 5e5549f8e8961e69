"""What is measured of paylink alone: memory, start, callbacks, slow clients."""

import json
import subprocess
import sys
import time
from pathlib import Path

import gateway
from places import BUILD, GATEWAY, KEY
from processes import Process
from tools import load, slow


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def fill(folder: Path, database: Path, links: int, active: int, quiet: bool = True) -> tuple[Path, Path]:
    """A store with so many links; the files that name the active ones and a sample of all."""
    gateway.migrate(gateway.write_settings(folder, database))
    active_file, sample_file = database.with_suffix(".active"), database.with_suffix(".sample")
    subprocess.run([BUILD / "fill", database, str(links), str(active), active_file, sample_file], check=True, stderr=subprocess.DEVNULL if quiet else None)
    return active_file, sample_file


def start_and_idle(folder: Path, times: int = 5) -> dict:
    """Milliseconds from the start of the process to /readyz 200, with an existing store; then memory with nobody there."""
    settings = gateway.write_settings(folder, folder / "start.db")
    gateway.migrate(settings)
    ready = []
    for _ in range(times):
        began = time.monotonic()
        process = Process([gateway.PAYLINK, "serve", "--config", settings], folder, "paylink-start")
        try:
            gateway.wait_ready()
            ready.append((time.monotonic() - began) * 1000)
            if len(ready) == times:
                time.sleep(2)
                idle = process.memory()
        finally:
            process.stop()
    say(f"ready after {sorted(ready)[times // 2]:.0f} ms, idle {idle:.1f} MB")
    return {"ready_ms": ready, "idle_mb": idle}


def idle_connections(folder: Path, count: int) -> dict:
    """Memory with so many idle connections on top."""
    # A tenth of the connections is kept for callbacks, and idle ones are nobody's yet: room for the count and for the one that asks.
    process = gateway.start(gateway.write_settings(folder, folder / "start.db", connections=count + 2000), folder, "paylink-idle")
    try:
        time.sleep(1)
        before = process.memory()
        flood = slow("idle", count, 8)
        time.sleep(6)
        with_them = process.memory()
        result = finished(flood)
    finally:
        process.stop()
    say(f"{count} idle connections: {before:.1f} MB before, {with_them:.1f} MB with them, {result}")
    return {"connections": count, "before_mb": before, "with_mb": with_them, **result}


def finished(flood: subprocess.Popen) -> dict:
    out, error = flood.communicate(timeout=60)
    if flood.returncode:
        raise RuntimeError(f"slow: {error[-300:]}")
    return json.loads(out)


def callbacks(folder: Path, rounds: int, seconds: float, pool: int) -> list[dict]:
    """Signed results of distinct payments, each answered only after its commit."""
    database = folder / "callbacks.db"
    active, _ = fill(folder, database, pool, pool)
    lines = active.read_text().splitlines(keepends=True)
    process = gateway.start(gateway.write_settings(folder, database), folder, "paylink-callbacks")
    cells, share = [], len(lines) // (rounds * 2 + 1)
    try:
        for turn in range(rounds * 2 + 1):
            part = folder / "callbacks.part"
            part.write_text("".join(lines[turn * share:(turn + 1) * share]))
            connections = 64 if turn % 2 else 256
            before = process.cpu_seconds()
            # The first warms up, and is not counted.
            result = load("callback", **{"from": part}, connections=connections, seconds=seconds if turn else 1)
            cpu = process.cpu_seconds() - before
            if turn == 0:
                continue
            result |= {"connections": connections, "round": (turn - 1) // 2, "cpu_us": cpu * 1e6 / max(result["requests"], 1), "memory_mb": process.memory()}
            cells.append(result)
            say(f"callbacks c{connections}: {result['rps']:.0f}/s p50 {result['p50_ms']:.2f} ms p99 {result['p99_ms']:.2f} ms {result['cpu_us']:.1f} us CPU {result['errors']} errors")
    finally:
        process.stop()
        for left in [database, database.with_name(database.name + "-wal")]:
            left.unlink(missing_ok=True)
    return cells


# Attack, its kind in tools/slow.c, its connections, what a reader asks for, and whether the others' connections stand before it comes.
ATTACKS = [
    ("slow heads", "heads", 5000, "/", False),
    ("slow bodies", "bodies", 5000, "/", False),
    ("slow readers", "readers", 5000, "/openapi.yaml", False),
    ("idle flood", "idle", 8000, "/", False),
    # As many as a process takes at all (limits.connections; a tenth is kept for callbacks): who has a connection must keep it.
    ("idle flood at the limit", "idle", 10000, "/", True),
]
# Until a flood stands and its first rush is over.
RUSH = 6


def slow_clients(folder: Path, rounds: int, seconds: float) -> list[dict]:
    """p99 of ordinary clients, 300 reads and 50 creates a second, without and under each attack; and the memory under it."""
    database = folder / "slow.db"
    _, sample = fill(folder, database, 20_000, 2_000)
    cells = []
    for number in range(rounds):
        for name, kind, count, target, stand in ATTACKS:
            # A new process for each, so that memory is of this attack alone.
            process = gateway.start(gateway.write_settings(folder, database), folder, "paylink-slow")
            try:
                cells.append({"attack": name, "round": number, "others_stand": stand} | _attack(process, sample, kind, count, target, stand, seconds))
                say(_line(cells[-1]))
            finally:
                process.stop()
    return cells


def _line(cell: dict) -> str:
    return (f"{cell['attack']:24} read p99 {cell['without']['read_p99_ms']:.2f} -> {cell['under']['read_p99_ms']:.2f} ms, create p99 {cell['without']['create_p99_ms']:.2f} -> "
            f"{cell['under']['create_p99_ms']:.2f} ms, memory {cell['memory_before_mb']:.0f} -> {cell['memory_under_mb']:.0f} MB, {cell['most_at_once']} at once, "
            f"{cell['ended_by_server']} ended, {cell['under']['errors']} errors of others")


class Others:
    """Ordinary clients: 300 reads and 50 creates a second."""

    def __init__(self, sample: Path, seconds: float, wait: float = 0):
        self.limit = seconds + wait + 60
        common = ["--port", str(GATEWAY), "--key", KEY, "--connections", "8", "--seconds", str(seconds), "--wait", str(wait)]
        self.reads = self._start(["read", "--from", str(sample), "--rate", "300", *common])
        self.creates = self._start(["create", "--rate", "50", *common])

    @staticmethod
    def _start(arguments: list[str]) -> subprocess.Popen:
        return subprocess.Popen([BUILD / "load", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def outcome(self) -> dict:
        reads, creates = (json.loads(child.communicate(timeout=self.limit)[0]) for child in (self.reads, self.creates))
        return {
            "read_p50_ms": reads["p50_ms"], "read_p99_ms": reads["p99_ms"], "create_p99_ms": creates["p99_ms"],
            "errors": sum(each["errors"] + each["unanswered"] for each in (reads, creates)), "reconnects": reads["reconnects"] + creates["reconnects"]}


def _attack(process: Process, sample: Path, kind: str, count: int, target: str, stand: bool, seconds: float) -> dict:
    Others(sample, 1).outcome()
    without = Others(sample, seconds).outcome()
    before = process.memory()
    others = Others(sample, seconds, wait=RUSH + 0.5) if stand else None
    time.sleep(0.5)
    flood = slow(kind, count, seconds + RUSH + 3, target)
    time.sleep(RUSH)
    busy = process.cpu_seconds()
    under = (others or Others(sample, seconds)).outcome()
    busy = process.cpu_seconds() - busy
    most = process.memory()
    result = finished(flood)
    time.sleep(1)
    return {
        "without": without, "under": under, "ratio_read_p99": under["read_p99_ms"] / without["read_p99_ms"], "ratio_create_p99": under["create_p99_ms"] / without["create_p99_ms"],
        "memory_before_mb": before, "memory_under_mb": most, "memory_after_mb": process.memory(), "cpu_share": busy / seconds, **result}
