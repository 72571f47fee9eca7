"""What a simulated run of leases leaves behind, and how people read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LeaseEvent:
    """One line of a run's log: when, what the node's clock showed, and what it did."""

    at: int
    node: str
    clock: int
    what: str


@dataclass(frozen=True)
class LeaseReport:
    """What happened in one simulated run. `stale` says what the first stale read returned."""

    seed: int
    stale: str | None
    reads: int
    terms: int
    crashes: int
    log: tuple[LeaseEvent, ...] = field(repr=False)


def as_table(nodes: Sequence[str], log: Sequence[LeaseEvent]) -> str:
    """The events as a table: time goes down, each node has a column, with its clock."""
    rows = [
        [str(e.at), *(f"{e.clock}: {e.what}" if e.node == n else "" for n in nodes)] for e in log
    ]
    table = [["time", *nodes], *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            (cell.rjust if i == 0 else cell.ljust)(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )
