"""Steps from a state that need not be reachable: shown as what they are, never as a violation."""

from __future__ import annotations

from dataclasses import replace

from quorate.traces import Trace

from .console import Output


def show_step(out: Output, trace: Trace) -> None:
    """The steps as a table, and what does not hold after them."""
    out.table(replace(trace, violation=None))
    if (broken := trace.violation) is not None:
        witness = f": {broken.witness}" if broken.witness else ""
        out.line(f"{broken.property} does not hold after this{witness}", "warn")
