"""A trace as a log with vector clocks, for ShiViz (https://bestchai.bitbucket.io/shiviz)."""

from __future__ import annotations

import json
import re

from .trace import Trace
from .values import show, show_name

HEADER = r"(?<host>\S+) (?<clock>\{.*\})\n(?<event>.*)"
"""The regular expression by which ShiViz reads the log, in the first line."""
NOBODY = "environment"
"""Stands for the process of a step that no process takes."""


def render_shiviz(trace: Trace) -> str:
    """The log: two lines a step, its process with its clock, and what it does.

    A step comes after the earlier one of its process, and after the steps that sent what it
    receives. Names are without spaces, since ShiViz knows hosts by that.
    """
    drawn = trace.drawn()
    clocks: list[dict[str, int]] = []
    latest: dict[str, dict[str, int]] = {}
    lines = [HEADER, ""]
    for number, step in drawn.numbered():
        host = _host(NOBODY if step.node is None else step.node)
        clock = dict(latest.get(host, {}))
        for received in step.received:
            for name, ticks in clocks[received.step - 1].items() if received.step else ():
                clock[name] = max(ticks, clock.get(name, 0))
        clock[host] = clock.get(host, 0) + 1
        clocks.append(clock)
        latest[host] = clock
        sent = (f"sent {show(message)}" for message in drawn.sent(number))
        parts = [step.title(names=False), *map(str, drawn.changes(number)), *sent]
        lines += [f"{host} {json.dumps(clock)}", show_name("; ".join(parts))]
    return "".join(f"{line}\n" for line in lines)


def _host(name: str) -> str:
    return re.sub(r"\s+", "_", show_name(name)) or "_"
