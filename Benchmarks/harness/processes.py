"""Processes of a run: started in a temporary folder, measured through /proc, and ended whatever happens."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
START_LIMIT = 30


def raise_descriptor_limit() -> int:
    """As many descriptors as we may have, for us and all that we start; returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def end_cleanly() -> None:
    """Being told to end goes the way of an error: processes are stopped and folders removed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


class Process:
    """A server under test with its children."""

    def __init__(self, arguments: list[str], folder: Path, name: str, environment: dict[str, str] | None = None, working: Path | None = None):
        self.name = name
        self.log = folder / f"{name}.log"
        # A session of its own, so that ending it ends its children too.
        self.child = subprocess.Popen(
            [str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=self.log.open("ab"), stderr=subprocess.STDOUT,
            env=os.environ | (environment or {}), cwd=working, start_new_session=True)

    def wait_for_port(self, port: int) -> None:
        """Returns when something of ours listens there."""
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"{self.name} did not start: {self.log.read_text(errors='replace')[-500:]}")

    def pids(self) -> list[int]:
        """It and all below it."""
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except OSError:
                    continue
        found = [self.child.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def cpu_seconds(self) -> float:
        """utime and stime of all of them; /proc counts in ticks of 10 ms."""
        total = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory(self) -> float:
        """MB resident, summed over all of them; what they share counts once a process."""
        total = 0
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1])
        return total / 1024

    def stop(self) -> None:
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGTERM)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait()
