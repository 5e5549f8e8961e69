"""docs/performance.md and its plots, made from results/latest.json and results/growth.json and the template beside."""

import sys
from statistics import median

import growth_report
import results
from places import BENCHMARKS, ROOT
from plot import bars

PAGE = ROOT / "docs/performance.md"
PLOTS = ROOT / "docs/performance"
VALUES = ["rps", "p50_ms", "p99_ms", "cpu_us", "memory_mb", "errors"]


def number(value: float) -> str:
    """Three digits that mean something, with commas."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ratio(cells: list[dict], server: str, base: str, connections: int, value: str) -> float:
    """The median over the rounds of a peer's figure by ours of the same round."""
    def of(name: str) -> dict[int, float]:
        return {c["round"]: c[value] for c in cells if c["server"] == name and c["connections"] == connections}

    ours = of(base)
    return median(theirs / ours[turn] for turn, theirs in of(server).items() if ours[turn])


def job(cells: list[dict], base: dict[bool, str]) -> str:
    """A table for each number of connections. base: which row of paylink a peer that decodes, or does not, is compared with."""
    decodes = {cell["server"]: cell["decodes"] for cell in cells}
    parts = []
    for connections in dict.fromkeys(cell["connections"] for cell in cells):
        rows = []
        for (server, of), row in results.medians(cells, ["server", "connections"], VALUES).items():
            if of != connections:
                continue
            own = base[decodes[server]]
            rows.append([
                f"**{server}**" if server.startswith("paylink") else server, number(row["rps"]), number(row["p50_ms"]), number(row["p99_ms"]), number(row["cpu_us"]),
                f"{ratio(cells, server, own, connections, 'cpu_us'):.2f} ×", f"{ratio(cells, server, own, connections, 'rps'):.2f} ×", number(row["memory_mb"]),
                number(sum(c["errors"] for c in cells if c["server"] == server and c["connections"] == connections)).removesuffix(".00")])
        head = ["server", "requests/s", "p50, ms", "p99, ms", "CPU, µs a request", "CPU by paylink's", "requests/s by paylink's", "memory, MB", "errors"]
        parts.append(f"{connections} connections:\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def cpu_plot(cells: list[dict], title: str, name: str) -> None:
    rows = results.medians(cells, ["server", "connections"], VALUES)
    first = min(connections for _, connections in rows)
    (PLOTS / name).write_text(bars(title, "CPU time a request, µs (logarithmic)", [(server, row["cpu_us"], server.startswith("paylink")) for (server, of), row in rows.items() if of == first]))


def start(data: dict) -> str:
    idle = data["idle_connections"]
    return table(["what", "figure"], [
        ["start of the process to `/readyz` 200, median", f"{median(data['start']['ready_ms']):.0f} ms"],
        ["memory with nobody there", f"{data['start']['idle_mb']:.1f} MB"],
        [f"memory with {idle['most_at_once']:,} idle connections", f"{idle['with_mb']:.1f} MB"],
        ["of that, for one connection", f"{(idle['with_mb'] - idle['before_mb']) * 1024 / max(idle['most_at_once'], 1):.1f} KiB"],
    ])


def callbacks(cells: list[dict]) -> str:
    rows = []
    for (connections,), row in results.medians(cells, ["connections"], VALUES + ["max_ms"]).items():
        errors = sum(cell["errors"] + cell["unanswered"] for cell in cells if cell["connections"] == connections)
        rows.append([f"{connections}", number(row["rps"]), number(row["p50_ms"]), number(row["p99_ms"]), number(row["max_ms"]), number(row["cpu_us"]), number(row["memory_mb"]), str(errors)])
    return table(["connections", "callbacks/s", "p50, ms", "p99, ms", "longest, ms", "CPU, µs", "memory, MB", "not ok"], rows)


def slow(cells: list[dict]) -> str:
    rows = []
    for attack in dict.fromkeys(cell["attack"] for cell in cells):
        of = [cell for cell in cells if cell["attack"] == attack]
        def mid(read) -> float:
            return median(read(cell) for cell in of)

        rows.append([
            f"{attack}: others had connected before" if of[0]["others_stand"] else attack, f"{of[0]['wanted']:,}", number(mid(lambda c: c["without"]["read_p99_ms"])), number(mid(lambda c: c["under"]["read_p99_ms"])), f"{mid(lambda c: c['ratio_read_p99']):.2f} ×",
            number(mid(lambda c: c["without"]["create_p99_ms"])), number(mid(lambda c: c["under"]["create_p99_ms"])), f"{mid(lambda c: c['ratio_create_p99']):.2f} ×",
            number(mid(lambda c: c["memory_before_mb"])), number(mid(lambda c: c["memory_under_mb"])), str(sum(c["under"]["errors"] for c in of))])
    return table(["attack", "clients", "read p99 without, ms", "under it, ms", "ratio", "create p99 without, ms", "under it, ms", "ratio", "memory before, MB", "under it, MB", "errors of others"], rows)


def instances() -> str:
    data = results.read(results.INSTANCES)
    if not data:
        return "Not measured yet: `Benchmarks/instances`."
    rows = []
    keys = ["links", "set", "connections"]
    for of, row in results.medians(data["cells"], keys, ["rps", "p50_ms", "p99_ms", "cpu_us", "engine_us"]).items():
        links, name, connections = of
        errors = sum(cell["errors"] for cell in data["cells"] if tuple(cell[key] for key in keys) == of)
        engine = "in the gateway" if name == "SQLite" else number(row["engine_us"])
        rows.append([f"{links:,}", name, str(connections), number(row["rps"]), number(row["p50_ms"]), number(row["p99_ms"]), number(row["cpu_us"]), engine, str(errors)])
    return table(["links", "creates on", "at a time", "a second", "p50, ms", "p99, ms", "CPU of the gateways, µs", "CPU of the engine, µs", "errors"], rows)


def about(data: dict) -> str:
    info = data["about"]
    versions = ", ".join(f"{name} {version}" for name, version in info["versions"].items() if version)
    return (f"Measured {info['date']} at commit `{info['commit']}`, in one run of {data['rounds']} rounds of {data['seconds']:g} s a cell, on {info['machine']} "
            f"(load average before: {info['load_before']:.2f}). {versions}.")


def write() -> None:
    data = results.read(results.LATEST)
    if not data:
        sys.exit("Benchmarks/run first: there is no results/latest.json")
    PLOTS.mkdir(parents=True, exist_ok=True)
    cpu_plot(data["order"], "A small JSON POST, 64 connections", "order.svg")
    cpu_plot(data["create"], "A payment link, 64 connections", "create.svg")
    parts = {
        "about": about(data), "start": start(data), "callbacks": callbacks(data["callbacks"]), "slow": slow(data["slow"]),
        "order": job(data["order"], {False: "paylink, constant answer", True: "paylink, JSON decoded"}), "create": job(data["create"], {True: "paylink"}),
        "growth": growth_report.text(PLOTS), "instances": instances(),
    }
    text = (BENCHMARKS / "performance.template.md").read_text()
    for name, part in parts.items():
        text = text.replace("{{" + name + "}}", part)
    PAGE.write_text(text)
    print(f"wrote {PAGE.relative_to(ROOT)}", file=sys.stderr)
