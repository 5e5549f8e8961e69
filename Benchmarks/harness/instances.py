"""One and two gateways on one PostgreSQL, beside one on SQLite: creates a second, and what they cost each process."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import gateway
from places import BENCHMARKS, BUILD, GATEWAY, KEY, OPERATIONS, PAYLINK
from processes import TICKS, Process

BIN = "/usr/lib/postgresql/15/bin"
BOOKS = BENCHMARKS / "books"
# Of the second gateway, behind the acquirer's.
SECOND, SECOND_OPERATIONS = GATEWAY + 5, GATEWAY + 6
# One by one nothing shares a commit; 64 at a time they do.
CONNECTIONS = [1, 64]


def _as_user(*command: object) -> list[str]:
    """PostgreSQL does not run as root."""
    words = [str(word) for word in command]
    return ["runuser", "-u", "postgres", "--", *words] if os.getuid() == 0 else words


class Cluster:
    """A PostgreSQL on a Unix socket alone, with the engine's own settings: a new one, or that of Benchmarks/books with so many links."""

    def __init__(self, folder: Path, links: int = 0):
        self.folder, self.links = folder, links
        self.data = folder / "data"

    def __enter__(self) -> "Cluster":
        # The folders above are ours alone; the engine's user must come through.
        for above in (self.folder.parent,):
            above.chmod(0o755)
        self.folder.mkdir(mode=0o755)
        if os.getuid() == 0:
            subprocess.run(["chown", "postgres", self.folder], check=True)
        if self.links:
            made = subprocess.run([BOOKS, str(self.links)], env=os.environ | {"PAYLINK": str(PAYLINK)}, check=True, stdout=subprocess.PIPE, text=True)
            self.data = Path(made.stdout.strip()) / "data"
        else:
            subprocess.run(_as_user(f"{BIN}/initdb", "-D", self.data, "-A", "trust", "-U", "paylink"), check=True, capture_output=True, cwd="/")
        subprocess.run(
            _as_user(f"{BIN}/pg_ctl", "-D", self.data, "-w", "-l", self.folder / "server.log", "-o", f"-k {self.folder} -c listen_addresses=", "start"),
            check=True, capture_output=True, cwd="/")
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(_as_user(f"{BIN}/pg_ctl", "-D", self.data, "-w", "-m", "fast", "stop"), capture_output=True, cwd="/")
        subprocess.run(["rm", "-rf", self.folder], check=True)

    def database(self, name: str) -> str:
        """A new, empty one; its address. In filled clusters it is theirs."""
        if self.links:
            name = "books"
        else:
            subprocess.run(["psql", "-X", "-q", "-h", self.folder, "-U", "paylink", "-d", "postgres", "-c", f"CREATE DATABASE {name}"], check=True)
        return f"postgres://paylink@{quote(str(self.folder), safe='')}/{name}"

    def cpu_seconds(self) -> float:
        """Of the server and its processes, those that ended included."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        total = 0
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(entry.name) == first:
                total += sum(int(fields[place]) for place in (11, 12, 13, 14))
            elif int(fields[1]) == first:
                total += int(fields[11]) + int(fields[12])
        return total / TICKS


def _settings(folder: Path, name: str, database: str, port: int, operations: int) -> Path:
    place = folder / name
    place.mkdir()
    settings = gateway.write_settings(folder, folder / "unused.db")
    text = settings.read_text().replace(f"database: sqlite:{folder}/unused.db", f"database: {database}")
    text = text.replace(f"listen: 127.0.0.1:{GATEWAY}", f"listen: 127.0.0.1:{port}").replace(f"ops_listen: 127.0.0.1:{OPERATIONS}", f"ops_listen: 127.0.0.1:{operations}")
    mine = place / "paylink.yaml"
    mine.write_text(text)
    return mine


def _load(port: int, connections: int, seconds: float) -> subprocess.Popen:
    return subprocess.Popen(
        [BUILD / "load", "create", "--port", str(port), "--key", KEY, "--connections", str(connections), "--seconds", str(seconds)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _outcome(child: subprocess.Popen, seconds: float) -> dict:
    out, error = child.communicate(timeout=seconds + 60)
    if child.returncode not in (0, 2) or not out:
        raise RuntimeError(f"load: {error[-300:]}")
    return json.loads(out)


def measure(folder: Path, cluster: Cluster, rounds: int, seconds: float) -> list[dict]:
    """All stand at once, each on a database of its own, and are visited in turn; a filled cluster has its one database under one gateway and then two."""
    one, two = cluster.database("one"), cluster.database("two")
    sets = {"SQLite": [(f"sqlite:{folder}/one.db", GATEWAY, OPERATIONS)]} if not cluster.links else {}
    sets["PostgreSQL"] = [(one, GATEWAY, OPERATIONS)]
    sets["PostgreSQL, two gateways"] = [(two, GATEWAY, OPERATIONS), (two, SECOND, SECOND_OPERATIONS)]
    cells = []
    # The first round in filled books warms the caches, and is not counted.
    for number in range(-1 if cluster.links else 0, rounds):
        for name, places in sets.items():
            folders = [_settings(folder, f"{name.replace(' ', '-').replace(',', '')}-{cluster.links}-{number}-{place}", *part) for place, part in enumerate(places)]
            gateway.migrate(folders[0])
            running = []
            try:
                for place, settings in enumerate(folders):
                    process = Process([PAYLINK, "serve", "--config", settings], settings.parent, "paylink")
                    running.append(process)
                    process.wait_for_port(places[place][1])
                time.sleep(1)
                for connections in CONNECTIONS:
                    cell = _cell(name, running, [part[1] for part in places], cluster, number, connections, seconds)
                    if number >= 0:
                        cells.append(cell)
            finally:
                for process in running:
                    process.stop()
    return cells


def _cell(name: str, running: list[Process], ports: list[int], cluster: Cluster, number: int, connections: int, seconds: float) -> dict:
    share = max(1, connections // len(ports))
    [_outcome(child, 1) for child in [_load(port, share, 1) for port in ports]]
    ours, theirs = sum(process.cpu_seconds() for process in running), cluster.cpu_seconds()
    outcomes = [_outcome(child, seconds) for child in [_load(port, share, seconds) for port in ports]]
    ours, theirs = sum(process.cpu_seconds() for process in running) - ours, cluster.cpu_seconds() - theirs
    count = max(sum(outcome["requests"] for outcome in outcomes), 1)
    cell = {
        "set": name, "links": cluster.links, "round": number, "connections": connections, "rps": sum(outcome["rps"] for outcome in outcomes), "p50_ms": max(outcome["p50_ms"] for outcome in outcomes),
        "p99_ms": max(outcome["p99_ms"] for outcome in outcomes), "cpu_us": ours * 1e6 / count, "engine_us": theirs * 1e6 / count,
        "errors": sum(outcome["errors"] + outcome["unanswered"] for outcome in outcomes)}
    print(f"  {number + 1}  {name:26} {cluster.links:>10,} links c{connections:<3} {cell['rps']:7.0f}/s  p50 {cell['p50_ms']:.2f} ms  p99 {cell['p99_ms']:.2f} ms  {cell['cpu_us']:.0f} us CPU  "
          f"{cell['engine_us']:.0f} us engine" + (f"  {cell['errors']} ERRORS" if cell["errors"] else ""), file=sys.stderr, flush=True)
    return cell
