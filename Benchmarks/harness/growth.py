"""Stores of different sizes, and what one operation costs in each, over few and many connections."""

import shutil
import sys
from pathlib import Path

import gateway
from alone import fill
from processes import Process
from tools import load

CACHE = Path("/var/tmp/paylink-benchmarks")
# Bytes a link takes in the filled file, measured, and as much again for sorting the indexes.
BYTES_A_LINK = 5000
IN_FLIGHT = 64


def store(size: int, folder: Path) -> tuple[Path, Path | None]:
    """The file with so many links, and a sample of them; an empty store is made anew, a filled one is kept for the next time."""
    if size == 0:
        database = folder / "empty.db"
        gateway.migrate(gateway.write_settings(folder, database))
        return database, None
    CACHE.mkdir(exist_ok=True)
    database, done = CACHE / f"{size}.db", CACHE / f"{size}.done"
    if not done.exists():
        free = shutil.disk_usage(CACHE).free
        if free < size * BYTES_A_LINK + 10 * 2**30:
            raise RuntimeError(f"{size:,} links need about {size * BYTES_A_LINK / 2**30:.0f} GB in {CACHE}, beside 10 GB that are left alone; there are {free / 2**30:.0f}")
        for old in CACHE.glob(f"{size}.*"):
            old.unlink()
        print(f"  filling {database}", file=sys.stderr, flush=True)
        fill(folder, database, size, 1000, quiet=False)
        done.touch()
    # Brings an older file to the program's version.
    gateway.migrate(gateway.write_settings(folder, database))
    return database, database.with_suffix(".sample")


def measure(size: int, connection_counts: list[int], rounds: int, seconds: float, folder: Path) -> list[dict]:
    database, sample = store(size, folder)
    cells = []
    for connections in connection_counts:
        settings = gateway.write_settings(folder, database, connections=connections + connections // 5 + 2000)
        process = gateway.start(settings, folder, "paylink-grow")
        try:
            for turn in range(rounds + 1):
                # The first turn warms the caches, the file's pages above all, and is not counted.
                cells += [cell for cell in _turn(process, size, sample, connections, turn, seconds if turn else 1, folder) if turn]
        finally:
            process.stop()
    return cells


def _turn(process: Process, size: int, sample: Path | None, connections: int, turn: int, seconds: float, folder: Path) -> list[dict]:
    made = folder / "made.links"
    made.unlink(missing_ok=True)
    common = {"connections": connections, "in_flight": IN_FLIGHT, "seconds": seconds}
    cells = []
    for operation, options in [("create", {"record": made}), ("callback", {"from": made}), ("read", {"from": sample or made}), ("list", {})]:
        before = process.cpu_seconds()
        result = load(operation, **options, **common)
        cpu = process.cpu_seconds() - before
        result |= {"operation": operation, "size": size, "connections": connections, "round": turn - 1, "cpu_us": cpu * 1e6 / max(result["requests"], 1), "memory_mb": process.memory()}
        cells.append(result)
        print(f"  {turn or 'warm'}  {size:>10,} payments  {connections:>6,} connections  {operation:8} {result['rps']:8.0f}/s  p50 {result['p50_ms']:7.2f}  p99 {result['p99_ms']:7.2f} ms  "
              f"{result['cpu_us']:7.1f} us CPU  {result['memory_mb']:.0f} MB" + (f"  {result['errors']} ERRORS" if result["errors"] else ""), file=sys.stderr, flush=True)
    return cells
