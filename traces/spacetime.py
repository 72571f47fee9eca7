"""A trace as a space-time diagram in plain text: processes side by side, time going down."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Iterable
from typing import TypeAlias

from .ascii import to_ascii
from .canvas import Canvas
from .spacetime_layout import TRACK_OFFSET, Flight, Placed, SpacetimeLayout, lay_out
from .trace import Step, Trace
from .values import Record, show, show_name

_NARROWEST_GUTTER = 18

_Arrow: TypeAlias = tuple[int, Placed, int]
"""The column in which it starts, the step that sent it, and that step's number."""


def render_spacetime(
    trace: Trace, width: int | None = None, ascii: bool = False, alone: bool = True
) -> str:
    """The diagram of `trace` in `width` columns (by default as wide as the terminal).

    What is cut, or left out for want of room, is listed below. If it does not stand `alone`, this
    and what the trace ends in are left to the table beside it.

    A message's line leads from the step that sends it down to the step that
    receives it, so a late message is seen to be late. With more processes than
    fit, the diagram becomes wider than `width` rather than wrong.
    """
    width = width or shutil.get_terminal_size((100, 24)).columns
    clean: Callable[[str], str] = to_ascii if ascii else str
    text = _Diagram(trace.drawn(), width, clean).draw(alone)
    return to_ascii(text) if ascii else text


class _Diagram:
    def __init__(self, trace: Trace, width: int, clean: Callable[[str], str]) -> None:
        self.trace = trace
        self.width = width
        self.cut: list[str] = []
        self.clean = clean
        self.titles = [clean(_title(step)) for step in trace.steps]
        self.digits = len(str(len(trace.steps)))
        longest = max(map(len, self.titles), default=0) + self.digits + 4
        self.gutter = max(min(longest, width * 2 // 5), _NARROWEST_GUTTER)
        self.layout: SpacetimeLayout = lay_out(trace, width - self.gutter)
        # Where columns need more than they were given, titles give way first.
        self.gutter = max(min(self.gutter, width - self.layout.width), _NARROWEST_GUTTER)
        self.canvas = Canvas(self.gutter + self.layout.width)

    def draw(self, alone: bool) -> str:
        for lane in self.layout.lanes:
            lane.x += self.gutter
        self._draw_columns()
        for placed in self.layout.steps:
            self._draw_flight(placed)
        for placed in self.layout.steps:
            self._draw_step(placed)
        return self._header() + str(self.canvas) + self._footer(alone)

    def _header(self) -> str:
        line = f"{'#':>{self.digits}}  action".ljust(self.gutter)
        for lane in self.layout.lanes:
            full = self.clean(show_name(lane.name))
            name = _shorten(full, lane.width - 1)
            if name != full:
                self.cut.insert(0, full)
            line += name.ljust(lane.width)
        return f"{line.rstrip()}\n"

    def _draw_columns(self) -> None:
        for _ in range(self.layout.rows):
            row = self.canvas.add_row()
            for lane in self.layout.lanes:
                self.canvas.text(lane.x, row, "┊")

    def _draw_flight(self, placed: Placed) -> None:
        # All verticals come first: only then do horizontals know what they cross.
        if placed.flight and placed.flight.track is not None:
            self.canvas.down(placed.flight.x, placed.flight.top, placed.flight.bottom)

    def _draw_step(self, placed: Placed) -> None:
        full = self.titles[placed.number - 1]
        title = _shorten(full, self.gutter - self.digits - 3)
        if title != full:
            self.cut.append(f"{placed.number} {full}")
        mark = "↻" if self.trace.is_repeated(placed.number) else " "
        self.canvas.text(0, placed.row, f"{placed.number:>{self.digits}}{mark} {title}")
        self._draw_arrivals(placed)
        self._draw_departure(placed)
        self.canvas.text(
            placed.lane.x, placed.row, "✗" if self.trace.is_undefined(placed.number) else "●"
        )
        if placed.leaves > placed.row:
            self.canvas.text(placed.lane.x, placed.leaves, "├")

    def _draw_departure(self, placed: Placed) -> None:
        ends = [f for f in (placed.flight, placed.stub) if f and f.track is not None]
        row, start = placed.leaves, placed.lane.x
        if ends:
            joins = {end.x for end in ends}
            self.canvas.across(row, start, max(joins), joins)
        elif placed.flight:
            self.canvas.across(row, start, start + TRACK_OFFSET)
            self.canvas.text(start + TRACK_OFFSET, row, "»")
        if placed.stub:
            self.canvas.text(placed.stub.x, row, "╳")
            self._label_stub(placed, placed.stub)

    def _label_stub(self, placed: Placed, stub: Flight) -> None:
        start = end = stub.x + 2
        if not self.canvas.is_empty(start - 1, stub.top):
            self._label(placed.lost, 0, str(placed.number))
            return
        while end < self.canvas.width and self.canvas.is_empty(end, stub.top):
            end += 1
        label = self._label(placed.lost, end - start - 1, str(placed.number))
        self.canvas.text(start, stub.top, label)

    def _draw_arrivals(self, placed: Placed) -> None:
        flights = [(self.layout.steps[sender - 1], sender) for sender in placed.labels]
        starts = [(_start(source, placed), source, number) for source, number in flights]
        left = [arrow for arrow in starts if arrow[0] < placed.lane.x]
        right = [arrow for arrow in starts if arrow[0] > placed.lane.x]
        self._draw_side(placed, sorted(left, key=lambda arrow: -arrow[0]), -1)
        self._draw_side(placed, sorted(right, key=lambda arrow: arrow[0]), 1)

    def _draw_side(self, placed: Placed, arrows: list[_Arrow], side: int) -> None:
        """Draw the arrows from one side, sorted from the nearest sender on."""
        if not arrows:
            return
        head, joins = placed.lane.x + side, {start for start, _, _ in arrows}
        self.canvas.across(placed.row, head, arrows[-1][0], joins)
        self.canvas.text(head, placed.row, "◀" if side > 0 else "▶")
        self._number_arrows(placed.row, arrows)
        self._label_arrows(placed, arrows, head)

    def _number_arrows(self, row: int, arrows: list[_Arrow]) -> None:
        by_start: dict[int, list[str]] = {}
        for start, source, number in arrows:
            if source.flight is None or source.flight.track is None:
                by_start.setdefault(start, []).append(str(number))
        for start, numbers in by_start.items():
            text = ",".join(numbers)
            is_beside = not any(lane.x == start for lane in self.layout.lanes)
            self.canvas.text(start if is_beside else start - len(text) + 1, row, text)

    def _label_arrows(self, placed: Placed, arrows: list[_Arrow], head: int) -> None:
        near = head
        for far, _, number in arrows:
            start, length = self._longest_run(placed.row, *sorted((near, far)))
            label = self._label(placed.labels[number], length - 4, f"{number} to {placed.number}")
            if label:
                shift = (length - len(label) - 2) // 2
                self.canvas.text(start + shift, placed.row, f" {label} ")
            near = far

    def _longest_run(self, row: int, left: int, right: int) -> tuple[int, int]:
        best, start = (left, 0), left
        for x in range(left, right + 1):
            if not self.canvas.is_plain(x, row):
                start = x + 1
            elif x + 1 - start > best[1]:
                best = (start, x + 1 - start)
        return best

    def _label(self, messages: Iterable[Record], room: int, whose: str) -> str:
        """The messages in full, or only their names, or nothing: whatever fits."""
        full = ", ".join(_brief(message) for message in messages)
        names = ", ".join(dict.fromkeys(show_name(message.tag) for message in messages))
        found = next((t for t in map(self.clean, (full, names)) if len(t) <= room), "")
        if found != self.clean(full):
            self.cut.append(f"{whose}: {self.clean(full)}")
        return found

    def _footer(self, alone: bool) -> str:
        if not alone:
            return self._legend()
        lines = [self._legend().rstrip("\n"), *self._cut_out(), self.trace.repeats() or ""]
        if (ending := self.trace.verdict()) is not None:
            what, how = ending
            lines += textwrap.wrap(f"✗ {what}" + (f": {how}" if how else ""), self.width)
        return "".join(f"{line}\n" for line in lines if line)

    def _legend(self) -> str:
        parts = []
        if any(placed.lost for placed in self.layout.steps):
            parts.append("╳ sent, not received in this trace")
        flights = [placed.flight for placed in self.layout.steps if placed.flight]
        if any(flight.track is None for flight in flights):
            parts.append("» sent; its arrow starts at the number of this step")
        return "".join(f"{line}\n" for line in ["", *parts]) if parts else ""

    def _cut_out(self) -> list[str]:
        """What the picture does not show in full."""
        if not self.cut:
            return []
        wrapped = (textwrap.wrap(line, self.width, subsequent_indent="  ") for line in self.cut)
        return ["in full:", *(f"  {line}" for lines in wrapped for line in lines)]


def _start(source: Placed, receiver: Placed) -> int:
    """The column in which an arrow starts: the sender's track, or its column if it has none."""
    if source.flight is None or source.flight.track is None:
        return source.lane.x + (TRACK_OFFSET if source.lane is receiver.lane else 0)
    return source.flight.x


def _title(step: Step) -> str:
    """The action with its arguments, messages as on their arrows."""
    if not step.is_named:
        return step.title()
    shown = (_brief(v) if isinstance(v, Record) else show(v) for _, v in step.args)
    return f"{show_name(step.action)}({', '.join(shown)})"


def _brief(message: Record) -> str:
    return f"{show_name(message.tag)}({','.join(show(value) for _, value in message.fields)})"


def _shorten(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: max(0, room - 1)]}…"
