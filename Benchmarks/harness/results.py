"""A run's data as JSON, and what is read from it."""

import json
from pathlib import Path
from statistics import median

from places import RESULTS

LATEST = RESULTS / "latest.json"
GROWTH = RESULTS / "growth.json"
INSTANCES = RESULTS / "instances.json"


def write(path: Path, data: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(data, indent=1) + "\n")
    part.replace(path)


def read(path: Path) -> dict | None:
    return json.loads(path.read_text()) if path.exists() else None


def medians(cells: list[dict], keys: list[str], values: list[str]) -> dict[tuple, dict]:
    """The median over the rounds of each value, for each combination of the keys, in the order of first appearance."""
    groups: dict[tuple, list[dict]] = {}
    for cell in cells:
        groups.setdefault(tuple(cell[key] for key in keys), []).append(cell)
    return {key: {value: median(cell[value] for cell in group) for value in values} | {"rounds": len(group)} for key, group in groups.items()}
