"""What an implementation did otherwise than a model: both sides, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from quorate.traces import BothSides, Departure

from .output import Output


def side_by_side(values: Sequence[BothSides], width: int) -> Iterator[str]:
    """The variables: before, and after on both sides; below each other what is too wide."""
    if not values:
        return
    head = ("", "before", "the model", "the code")
    rows = [(v.place, v.before, v.model, _of_code(v)) for v in values]
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(4)]
    if sum(widths) + 9 <= width:
        marks = ["", *("  <" if v.differs else "" for v in values)]
        for row, mark in zip((head, *rows), marks, strict=True):
            cells = "  ".join(cell.ljust(w) for cell, w in zip(row[:3], widths, strict=False))
            yield f"{cells}  {row[3]}{mark}".rstrip()
        return
    for v, row in zip(values, rows, strict=True):
        yield f"{v.place}{'  <' if v.differs else ''}"
        for name, cell in zip(head[1:], row[1:], strict=True):
            yield f"  {name:9}  {cell}".rstrip()


def _of_code(v: BothSides) -> str:
    if v.code is None:
        return "not shown"
    return v.code if v.differs else "the same"


def show_departure(out: Output, departure: Departure) -> None:
    """What the code did otherwise at the end of a run."""
    out.line()
    out.wrapped(f"the implementation differs: {departure.what}", "bad")
    if departure.tried is not None:
        place = "in the last step" if departure.taken else "after it, where the model disables it"
        out.wrapped(f"{departure.tried}, {place}", indent=1)
    for line in side_by_side(departure.values, out.width - 4):
        out.wrapped(line, indent=2)


def departure_json(departure: Departure) -> dict[str, Any]:
    """The same for programs."""
    return {
        "what": departure.what,
        "tried": departure.tried,
        "taken": departure.taken,
        "values": [
            {"place": v.place, "before": v.before, "model": v.model, "code": v.code}
            for v in departure.values
        ],
    }
