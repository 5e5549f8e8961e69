"""The part of the page about growth: cost of an operation over the size of the store and the number of connections."""

from pathlib import Path

import results
from plot import lines

OPERATIONS = ["create", "callback", "read", "list"]
VALUES = ["rps", "p50_ms", "p99_ms", "cpu_us", "memory_mb"]


def size_name(links: int) -> str:
    return f"{links // 1_000_000} million" if links >= 1_000_000 else f"{links:,}"


def text(plots: Path) -> str:
    data = results.read(results.GROWTH)
    if not data:
        return "Not measured yet: `Benchmarks/grow`."
    cells = [cell for cell in data["cells"] if cell["requests"]]
    rows = results.medians(cells, ["size", "connections", "operation"], VALUES)
    sizes = sorted({key[0] for key in rows})
    counts = sorted({key[1] for key in rows})
    _plot(plots / "size.svg", f"Cost over the payments in the store, {counts[0]:,} connections", "payments in the store", [size_name(s) for s in sizes],
          {op: [rows.get((s, counts[0], op), {}).get("cpu_us") for s in sizes] for op in OPERATIONS})
    _plot(plots / "connections.svg", f"Cost over the open connections, {size_name(sizes[-1])} payments", "open connections", [f"{c:,}" for c in counts],
          {op: [rows.get((sizes[-1], c, op), {}).get("cpu_us") for c in counts] for op in OPERATIONS})
    lines_of = ["| operation | payments | connections | operations/s | p50, ms | p99, ms | CPU, µs | memory, MB |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for op in OPERATIONS:
        for size in sizes:
            for count in counts:
                if row := rows.get((size, count, op)):
                    lines_of.append(f"| {op} | {size_name(size)} | {count:,} | {row['rps']:,.0f} | {row['p50_ms']:.2f} | {row['p99_ms']:.2f} | {row['cpu_us']:.0f} | {row['memory_mb']:.0f} |")
    about = data["about"]
    errors = sum(cell["errors"] + cell["unanswered"] for cell in data["cells"])
    return (f"Measured {about['date']} at commit `{about['commit']}`, {data['rounds']} rounds of {data['seconds']:g} s a cell; wrong answers and none: {errors}.\n\n"
            "![CPU time over the size of the store](performance/size.svg)\n\n![CPU time over the connections](performance/connections.svg)\n\n" + "\n".join(lines_of))


def _plot(path: Path, title: str, axis: str, ticks: list[str], series: dict[str, list[float | None]]) -> None:
    path.write_text(lines(title, axis, "CPU time an operation, µs (logarithmic)", ticks, {name: row for name, row in series.items() if any(row)}))
