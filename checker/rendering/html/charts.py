"""Small charts in SVG: states per depth, and a number over earlier runs."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from .elements import e

WIDTH, HEIGHT, EDGE = 640, 120, 8


def levels_chart(levels: Sequence[int]) -> Element | None:
    """How many states are first found at each depth; None if they are all at one."""
    if len(levels) < 2:
        return None
    most = max(levels)
    wide = WIDTH / len(levels)
    bars = []
    for depth, states in enumerate(levels):
        tall = max(1.0, HEIGHT * states / most)
        title = e("title", f"depth {depth}: {states:,} states")
        place = {"x": f"{depth * wide:.1f}", "y": f"{HEIGHT - tall:.1f}", "height": f"{tall:.1f}"}
        bars.append(e("rect", title, width=f"{max(0.5, wide * 0.92):.1f}", class_="level", **place))
    below = e("p", e("span", "0"), e("span", f"depth {len(levels) - 1}"), class_="axis")
    said = f"at most {most:,} at one depth"
    return _figure(said, "states first found at each depth", bars, below)


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
        # A line of no length with round ends stays a dot, however the picture is stretched.
        e("path", e("title", f"{v:,.6g}"), d=f"M{x:.1f} {y:.1f}h0", class_="spot")
        for (x, y), v in zip(points, values, strict=True)
    ]
    return _figure(f"{name}: {values[-1]:,.6g}", f"{name} over {len(values)} runs", [line, *dots])


def _figure(
    said: str, label: str, parts: Sequence[Element], below: Element | None = None
) -> Element:
    """A picture as wide as there is room, with its text outside: that is never stretched."""
    size = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "preserveAspectRatio": "none", "class_": "chart"}
    picture = e("svg", parts, role="img", aria_label=label, **size)
    return e("figure", e("figcaption", said), picture, below)
