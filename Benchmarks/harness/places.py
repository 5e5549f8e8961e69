"""Folders and ports."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "Benchmarks"
BUILD = BENCHMARKS / ".build"
RESULTS = BENCHMARKS / "results"
PAYLINK = Path(os.environ.get("PAYLINK", ROOT / ".build-benchmarks/release/paylink"))
PAYLINK_JSON = PAYLINK.parent / "paylink-json"
SWIFT_PEER = BENCHMARKS / "peers/swift/.build/release/swift-peer"

# Below the ports that the kernel gives to clients.
GATEWAY, OPERATIONS, ACQUIRER, PEERS = 18500, 18501, 18502, 18510

KEY = "sk_benchmark_0123456789abcdefghijklmnop"
SECRET = "benchmark-secret"
