"""Plots as SVG, with nothing but the standard library. White ground, so that they read in a dark page too."""

from html import escape
from math import ceil, floor, log10

FONT = 'font-family="sans-serif" font-size="13"'
COLORS = ["#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a"]


def _text(x: float, y: float, text: str, anchor: str = "start", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(text)}</text>'


def _svg(width: int, height: int, parts: list[str]) -> str:
    body = "\n".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {FONT} fill="#1f2328">\n'
            f'<rect width="{width}" height="{height}" fill="white"/>\n{body}\n</svg>\n')


def bars(title: str, axis: str, rows: list[tuple[str, float, bool]]) -> str:
    """Lying bars on a logarithmic scale: a name, a value, and whether it is ours."""
    left, right, top, step = 190, 90, 50, 30
    width, height = 760, top + step * len(rows) + 50
    low, high = floor(log10(min(v for _, v, _ in rows))), ceil(log10(max(v for _, v, _ in rows) * 1.01))
    def x(value: float) -> float:
        return left + (log10(value) - low) / max(high - low, 1) * (width - left - right)

    parts = [_text(left, 26, title, more='font-size="16" font-weight="bold"')]
    for power in range(low, high + 1):
        parts.append(f'<line x1="{x(10 ** power):.1f}" x2="{x(10 ** power):.1f}" y1="{top - 8}" y2="{height - 44}" stroke="#d0d7de"/>')
        parts.append(_text(x(10**power), height - 28, f"{10 ** power:,g}", "middle"))
    for place, (name, value, ours) in enumerate(rows):
        y = top + place * step
        parts.append(_text(left - 8, y + 15, name, "end", 'font-weight="bold"' if ours else ""))
        parts.append(f'<rect x="{left}" y="{y}" width="{max(x(value) - left, 1):.1f}" height="20" fill="{COLORS[0] if ours else "#8c959f"}"/>')
        parts.append(_text(x(value) + 6, y + 15, f"{value:,.0f}" if value >= 100 else f"{value:.1f}"))
    parts.append(_text((left + width - right) / 2, height - 8, axis, "middle"))
    return _svg(width, height, parts)


def lines(title: str, x_axis: str, y_axis: str, ticks: list[str], series: dict[str, list[float | None]]) -> str:
    """Lines over named places, on a logarithmic scale; the places are evenly spread. None: not measured."""
    left, right, top, bottom = 80, 120, 50, 60
    width, height = 760, 420
    values = [v for row in series.values() for v in row if v]
    low, high = floor(log10(min(values))), ceil(log10(max(values) * 1.01))
    def x(place: int) -> float:
        return left + (place + 0.5) / len(ticks) * (width - left - right)

    def y(value: float) -> float:
        return height - bottom - (log10(value) - low) / max(high - low, 1) * (height - top - bottom)

    parts = [_text(left, 26, title, more='font-size="16" font-weight="bold"')]
    for power in range(low, high + 1):
        for step in (1, 2, 5):
            value = step * 10**power
            if value > 10**high:
                continue
            parts.append(f'<line x1="{left}" x2="{width - right}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="{"#d0d7de" if step == 1 else "#eef1f4"}"/>')
            parts.append(_text(left - 8, y(value) + 4, f"{value:,g}", "end"))
    parts += [_text(x(place), height - bottom + 20, tick, "middle") for place, tick in enumerate(ticks)]
    parts += [_text((left + width - right) / 2, height - 14, x_axis, "middle"),
              f'<text transform="translate(18 {(top + height - bottom) / 2:.0f}) rotate(-90)" text-anchor="middle">{escape(y_axis)}</text>']
    labels: list[float] = []
    for color, (name, row) in zip(COLORS, series.items()):
        points = [(x(place), y(value)) for place, value in enumerate(row) if value]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{color}"/>' for px, py in points]
        # A name stands at its line's end, and steps aside for one that stands there already.
        at = points[-1][1] + 4
        while any(abs(at - other) < 15 for other in labels):
            at += 5
        labels.append(at)
        parts.append(_text(points[-1][0] + 10, at, name, more=f'style="fill:{color}"'))
    return _svg(width, height, parts)
