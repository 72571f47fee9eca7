"""A trace as a table of steps: what was done, because of what, what changed, what was sent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .trace import Step, Trace
from .values import FrozenMap, Record, Value, show, show_key, show_name

if TYPE_CHECKING:
    # Rich takes longer to import than most commands take to run.
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.text import Text

NARROWEST_TABLE = 84
"""With fewer columns a table breaks every message, and steps are listed instead."""

NARROWEST = 40
_LISTED_KEYS = 4
_LONG_LINE = 80
_LOOP = "↻"
"""Before the number of a step that repeats for ever."""


def render_table(trace: Trace, width: int | None = None) -> str:
    """The table as plain text, `width` columns wide (by default as wide as the terminal)."""
    from rich.console import Console

    width = width or shutil.get_terminal_size((100, 24)).columns
    console = Console(
        width=max(width, NARROWEST), color_system=None, highlight=False, legacy_windows=False
    )
    with console.capture() as captured:
        console.print(table(trace))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def table(trace: Trace) -> RenderableType:
    """The table for a Rich console, which settles its width and its colours."""
    return _Table(trace)


class _Table:
    # A renderable of its own, because only the console knows the width by which
    # to choose between a table and a list.
    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        drawn = self.trace.drawn()
        yield from _heading(drawn)
        if not drawn.steps:
            yield _text(("no steps\n", "dim"))
        elif options.max_width < NARROWEST_TABLE:
            yield from _list(drawn)
        else:
            yield _grid(drawn)
        yield from _verdict(drawn, options.max_width)


def _text(*parts: tuple[str, str]) -> Text:
    from rich.text import Text

    # Never markup: it would swallow the `[a0]` of `max_bal[a0]`.
    return Text.assemble(*parts, overflow="fold")


def _heading(trace: Trace) -> Iterator[RenderableType]:
    bounds = [f"{show_name(name)}={size}" for name, size in trace.sizes]
    bounds += [f"{show_name(name)}≤{limit}" for name, limit in trace.faults]
    name = (show_name(trace.protocol) or "a trace", "bold")
    yield _text(name, (f"  {', '.join(bounds)}" if bounds else "", "dim"))
    yield _indented("initially ", "dim", _text(("\n".join(_summary(trace)), "dim")))


def _indented(label: str, style: str, content: RenderableType) -> RenderableType:
    from rich.table import Table

    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(_text((label, style)), content)
    return grid


def _summary(trace: Trace) -> Iterator[str]:
    for name, value in trace.initial.items():
        yield from _initially(show_name(str(name)), value)


def _initially(name: str, value: Value) -> Iterator[str]:
    if isinstance(value, Record) and any(isinstance(held, FrozenMap) for _, held in value.fields):
        for field, held in value.fields:  # Some models in Quint keep all their state in a record.
            yield from _initially(f"{name}.{show_name(field)}", held)
        return
    if not isinstance(value, FrozenMap) or not value:
        yield f"{name}: {show(value)}"
        return
    keys_by_value: dict[Value, list[Value]] = {}
    for key, held in value.items():
        keys_by_value.setdefault(held, []).append(key)
    parts = [f"{name}[{_keys(keys, value)}]: {show(v)}" for v, keys in keys_by_value.items()]
    joined = ", ".join(parts)
    yield from [joined] if len(joined) <= _LONG_LINE else parts


def _keys(keys: list[Value], whole: FrozenMap) -> str:
    if len(keys) == len(whole) > _LISTED_KEYS:
        return f"all {len(keys)}"
    return " ".join(show_key(key) for key in keys)


def _grid(trace: Trace) -> RenderableType:
    from rich import box
    from rich.table import Table

    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    grid.add_column("#", justify="right", style="dim", no_wrap=True)
    # A trace of another tool does not know what enabled a step or what was sent.
    columns = [column for column in _columns(trace) if any(column[2])]
    for heading, style, _ in columns:
        grid.add_column(heading, style=style, overflow="fold")
    for number, row in enumerate(zip(*(cells for _, _, cells in columns), strict=True), start=1):
        grid.add_row(f"{_LOOP if trace.is_repeated(number) else ''}{number}", *row)
    return grid


def _columns(trace: Trace) -> list[tuple[str, str, list[Text]]]:
    numbers = range(1, len(trace.steps) + 1)
    named = any(step.is_named for step in trace.steps)
    return [
        ("action", "", [_action(step) if named else _text() for step in trace.steps]),
        ("because of", "dim", [_text((_because(step), "")) for step in trace.steps]),
        ("what changed", "", [_changes(trace, number) for number in numbers]),
        ("sent", "", [_messages(trace, number) for number in numbers]),
    ]


def _list(trace: Trace) -> Iterator[RenderableType]:
    yield ""
    for number, step in trace.numbered():
        parts = [_action(step)]
        if step.because:
            parts.append(_text((f"because of {_because(step)}", "dim")))
        parts += [_changes(trace, number), _messages(trace, number, "sent ")]
        body = _text(("\n", "")).join(part for part in parts if part)
        mark = "" if trace.loop is None else _LOOP if trace.is_repeated(number) else " "
        yield _indented(f"{mark}{number:>{len(str(len(trace.steps)))}} ", "dim", body)
    yield ""


def _action(step: Step) -> Text:
    name, _, args = step.title().partition("(")
    return _text((name, "bold"), (f"({args}", ""))


def _because(step: Step) -> str:
    return ", ".join(map(str, step.because))


def _changes(trace: Trace, number: int) -> Text:
    if trace.is_undefined(number):
        return _text(("undefined", "bold red"))
    lines = (
        _text((change.place, "cyan"), (str(change).removeprefix(change.place), ""))
        for change in trace.changes(number)
    )
    return _text(("\n", "")).join(lines)


def _messages(trace: Trace, number: int, label: str = "") -> Text:
    lines = [_message(label, message) for message in trace.sent(number)]
    lines += [_message("removed ", message) for message in trace.consumed(number)]
    return _text(("\n", "")).join(lines)


def _message(label: str, message: Record) -> Text:
    name, _, fields = show(message).partition("(")
    return _text((label, "dim"), (name, "green"), (f"({fields}", ""))


def _verdict(trace: Trace, width: int) -> Iterator[RenderableType]:
    if (repeats := trace.repeats()) is not None:
        yield _text((repeats, ""))
    if (verdict := trace.verdict()) is not None:
        what, how = verdict
        yield _text((f"✗ {what}", "bold red"), (f": {how}" if how else "", ""))
    if trace.undefined is not None and trace.undefined.excerpt is not None:
        yield _text(("\n".join(trace.undefined.excerpt.lines(width)), ""))
    for note in trace.notes:
        yield _text(("! ", "yellow"), (show_name(note), ""))
