"""A trace as a program, which takes its steps under CPython and checks each state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from quorate.checker.errors import InputError
from quorate.checker.user_file import is_file_name
from quorate.traces import FrozenMap, Trace, show

from .literals import Layout, lines, mapping, text


def program_of(trace: Trace, file: Path, stop: int | None = None) -> str:
    """The program; with `stop` it enters the debugger before that step. Raises InputError.

    The protocol's file is named relative to the trace's `file`, as in the trace, and is made
    absolute, so that the program runs in any folder.
    """
    steps = len(trace.steps)
    if not trace.protocol:
        raise InputError(f"{file}: does not say of which protocol it is, and no program runs it")
    if ":" not in trace.protocol and Path(trace.protocol).suffix:  # Paxos.qnt, Paxos.tla
        said = f"is a run of {trace.protocol}; a program takes the steps of a class in Python"
        raise InputError(f"{file}: {said}")
    if stop is not None and stop > steps:
        raise InputError(f"found a breakpoint before step {stop}, expected 1 to {steps}")
    return "".join(f"{line}\n" for line in _lines(trace, file, stop))


def _lines(trace: Trace, file: Path, stop: int | None) -> Iterator[str]:
    verdict = trace.verdict()
    what = "A run" if verdict is None else ": ".join(filter(None, verdict))
    yield '"""' + what.replace("\\", "\\\\").replace('"', "'") + "."
    yield ""
    yield "Written by `quorate show --as python`. Run it with Python: the model takes each step,"
    yield "and each state is checked. In the debugger, `s` leads into the model."
    yield '"""'
    yield ""
    yield "from quorate.checker.tracing.stepping import Stepping"
    yield ""
    numbers = [mapping([(n, str(k)) for n, k in pairs]) for pairs in (trace.sizes, trace.faults)]
    yield from lines(_call("run = Stepping", [text(_place(trace, file)), *numbers]), 0)
    first: list[Layout] = [f"{name}={text(show(value))}" for name, value in trace.initial.items()]
    yield from lines(_call("run.starts", first), 0)
    for number, step in trace.numbered():
        yield f"# {number}"
        if number == stop:
            yield "breakpoint()"
        changed = _changed(trace.state(number - 1), step.state)
        yield from lines(_call("run.takes", [text(step.title()), *changed]), 0)
    yield from _ending(trace)


def _ending(trace: Trace) -> Iterator[str]:
    if trace.loop is not None:
        yield f"run.repeats({trace.loop})"
    elif trace.undefined is not None and trace.undefined.kind == "action":
        yield f"run.is_undefined({text(trace.undefined.step.title())})"
    elif trace.violation is not None:
        yield f"run.violates({text(trace.violation.property)})"


def _changed(old: FrozenMap, new: FrozenMap) -> list[Layout]:
    changed = (name for name in new if old[name] != new[name])
    return [f"{name}={text(show(new[name]))}" for name in changed]


def _call(name: str, arguments: list[Layout]) -> Layout:
    return f"{name}(", ")", arguments


def _place(trace: Trace, file: Path) -> str:
    place, colon, wanted = trace.protocol.partition(":")
    if not is_file_name(place):
        return trace.protocol
    near = Path(os.path.normpath(file.parent / place))
    return f"{(near if near.is_file() else Path(place)).resolve()}{colon}{wanted}"
