"""Small charts in SVG: states per depth, and a number over earlier runs."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from .elements import e

WIDTH, HEIGHT, EDGE = 640, 160, 24


def levels_chart(levels: Sequence[int]) -> Element:
    """How many states are first found at each depth."""
    most = max(levels)
    wide = (WIDTH - 2 * EDGE) / len(levels)
    bars = []
    for depth, states in enumerate(levels):
        tall = max(1.0, (HEIGHT - 2 * EDGE) * states / most)
        x, y = EDGE + depth * wide, HEIGHT - EDGE - tall
        title = e("title", f"depth {depth}: {states:,} states")
        place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "height": f"{tall:.1f}"}
        bars.append(e("rect", title, width=f"{max(0.5, wide - 1.5):.1f}", class_="level", **place))
    ends = [(EDGE, "0"), (WIDTH - EDGE, f"depth {len(levels) - 1}")]
    below = [
        e("text", said, x=x, y=HEIGHT - 6, text_anchor=anchor, class_="axis")
        for (x, said), anchor in zip(ends, ("start", "end"), strict=True)
    ]
    top = e("text", f"{most:,} states", x=EDGE, y=14, class_="axis")
    return _svg("states first found at each depth", [*bars, *below, top])


def trend_chart(name: str, values: Sequence[float]) -> Element:
    """A number in each run, the last one marked."""
    low, high = min(values), max(values)
    across, up = (WIDTH - 2 * EDGE) / max(1, len(values) - 1), HEIGHT - 2 * EDGE
    points = [
        (EDGE + k * across, HEIGHT - EDGE - up * ((v - low) / (high - low) if high > low else 0.5))
        for k, v in enumerate(values)
    ]
    line = e("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_="trend")
    dots = [
        e("circle", e("title", f"{v:,.6g}"), cx=f"{x:.1f}", cy=f"{y:.1f}", r=3, class_="dot")
        for (x, y), v in zip(points, values, strict=True)
    ]
    said = e("text", f"{name}: {values[-1]:,.6g}", x=EDGE, y=14, class_="axis")
    return _svg(f"{name} over {len(values)} runs", [line, *dots, said])


def _svg(label: str, parts: Sequence[Element]) -> Element:
    size = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "class_": "chart"}
    return e("svg", parts, role="img", aria_label=label, **size)
