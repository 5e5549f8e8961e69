"""Where and with what was measured."""

import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from places import BUILD, ROOT


def printed(*command: str) -> str:
    """What a command prints; nothing where it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout or done.stderr).strip()


def said(*command: str) -> str:
    """The first line of it."""
    return printed(*command).split("\n")[0]


def packages() -> dict[str, str]:
    """Versions of what the peers are made of, of those that were built."""
    found = {}
    for checkout in ["hummingbird", "async-http-client", "GRDB.swift"]:
        folder = ROOT / "Benchmarks/peers/swift/.build/checkouts" / checkout
        found[checkout] = said("git", "-C", str(folder), "describe", "--tags", "--always")
    frozen = printed(str(BUILD / "venv/bin/pip"), "list", "--format=freeze")
    for name in ["fastapi", "uvicorn", "uvloop", "httptools", "httpx", "pydantic"]:
        if match := re.search(rf"^{name}==(.*)$", frozen, re.MULTILINE):
            found[name] = match[1]
    return found


def about() -> dict:
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1])
    os_name = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": said("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"),
        "machine": f"{os.cpu_count()} cores, {cpu[1] if cpu else platform.machine()}, {memory // 1048576} GiB, {os_name[1] if os_name else ''}, Linux {platform.release()}",
        "load_before": os.getloadavg()[0],
        "versions": {
            "swift": re.sub(r".*Swift version (\S+).*", r"\1", said(str(Path("/opt/swift/usr/bin/swift")) if Path("/opt/swift/usr/bin/swift").exists() else "swift", "--version")),
            "go": said("go", "version").removeprefix("go version "), "python": platform.python_version(), "nginx": said("/usr/sbin/nginx", "-v").removeprefix("nginx version: "),
            "wrk": said("wrk", "-v").split(" [")[0], **packages(),
        },
    }
