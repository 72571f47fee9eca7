"""A recorded trace and its protocol: the class is found again, and the trace is one of its runs."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from quorate._spelling import instead
from quorate.checker.errors import InputError
from quorate.checker.ground.first_states import initial_states
from quorate.checker.liveness.recorded import named, why_not
from quorate.checker.loading import load_protocol
from quorate.checker.results import DEADLOCK, Move
from quorate.checker.tracing.reading import NotAValueError, TraceReader
from quorate.checker.user_file import is_file_name
from quorate.model.language import SizeError, StepError
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.model.language.digest import digest
from quorate.model.language.interpreter import Interpreter
from quorate.model.language.ir import core as c
from quorate.traces import Trace

Numbers = tuple[tuple[str, int], ...]


def protocol_of(trace: Trace, file: Path | None) -> type[Protocol]:
    """The protocol of a trace, which was read from `file` if it was. Raises InputError.

    A file's name counts from the trace's own folder, and if nothing is there from the present one.
    """
    place, colon, wanted = trace.protocol.partition(":")
    said = "the trace" if file is None else str(file)
    give = "give it with --protocol path.py:Class"
    if not place:
        raise InputError(f"{said}: does not say of which protocol it is; {give}")
    if not is_file_name(place):
        return load_protocol(trace.protocol)
    near = Path(place) if file is None else Path(os.path.normpath(file.parent / place))
    found = next((p for p in (near, Path(place)) if p.is_file()), None)
    if found is None:
        raise InputError(
            f"{said}: its protocol {trace.protocol} is not there, neither as {near} nor from the "
            f"present folder; {give}"
        )
    return load_protocol(f"{found}{colon}{wanted}")


def sizes_of(trace: Trace, protocol: type[Protocol]) -> Sizes:
    """The sizes that a trace was made with. Raises InputError if they are not the protocol's."""
    try:
        made = _sized(protocol, trace.faults, trace.sizes)  # type: ignore[arg-type]
    except SizeError as error:
        raise InputError(
            f"the trace's sizes are not those of {protocol.__name__}: {error}"
        ) from None
    return Sizes(made.elements, dict(made), made.faults)  # each is entered by one thread


@lru_cache(maxsize=8)
def _sized(protocol: type[Protocol], faults: Numbers, sizes: Numbers) -> Sizes:
    """The same for all traces of one suite; to make it takes as long as a dozen steps."""
    return protocol.sized(faults=dict(faults), **dict(sizes))


@lru_cache(maxsize=8)
def _digest_of(protocol: type[Protocol]) -> str:
    """The same for all traces of one suite; to make it takes as long as a hundred steps."""
    return digest(describe(protocol))


def check_trace(trace: Trace, protocol: type[Protocol]) -> Sizes:
    """Make sure that a trace is one of this protocol. Raises InputError naming the step."""
    known = _digest_of(protocol)  # type: ignore[arg-type]
    if trace.digest is not None and trace.digest != known:
        raise InputError(
            f"the trace was made from another description of {protocol.__name__} "
            f"(digest {trace.digest}, now {known}): make it again"
        )
    description, sizes = describe(protocol), sizes_of(trace, protocol)
    with sizes:
        interpreter, reader = Interpreter(protocol, sizes), TraceReader()
        try:
            place = "the initial state"
            before = reader.state(description, trace.initial)
            path: list[Move] = []
            if before not in initial_states(protocol, sizes):
                raise InputError(f"the initial state is not one of {protocol.__name__}")
            for number, step in enumerate(trace.steps, start=1):
                place = f"step {number} ({step.action})"
                if step.action not in interpreter.actions:
                    raise InputError(
                        f"{place}: {protocol.__name__} has no action `{step.action}`; "
                        f"{instead(step.action, interpreter.actions)}"
                    )
                action = description.action(step.action)
                names = [p.var.name for p in action.parameters]
                types = [p.var.type for p in action.parameters]
                if names != [n for n, _ in step.args]:
                    raise InputError(
                        f"{place}: found the arguments ({', '.join(n for n, _ in step.args)}), "
                        f"expected ({', '.join(names)})"
                    )
                args = tuple(reader.value(v, t) for (_, v), t in zip(step.args, types, strict=True))
                after = reader.state(description, step.state)
                if interpreter.step(before, step.action, args) != after:
                    raise InputError(f"{place} is not a step of {protocol.__name__}")
                before = after
                path.append(Move(step.action, args, after))
            _check_violation(trace, description, interpreter, tuple(path))
        except NotAValueError as error:
            raise InputError(f"{place}: {error}") from None
        except StepError as error:
            raise InputError(f"{place}: {error}") from None
    return sizes


def _check_violation(
    trace: Trace, description: c.Description, interpreter: Interpreter, path: tuple[Move, ...]
) -> None:
    """Whether the trace violates what it says it does."""
    if trace.violation is None:
        return
    name = trace.violation.property
    initial = TraceReader().state(description, trace.initial)
    last = path[-1].state if path else initial
    if (p := named(description, name)) is not None:
        if (why := why_not(interpreter, p, initial, path, trace.loop)) is not None:
            raise InputError(f"the trace says that it violates {name}, but {why}")
        return
    known = [p.name for p in description.invariants]
    if name not in (*known, DEADLOCK):
        raise InputError(
            f"the trace violates {name}, which {description.name} does not have; "
            f"{instead(name, known)}"
        )
    if name == DEADLOCK and not interpreter.is_deadlock(last):
        raise InputError("the trace says that it ends in a deadlock, but a step is possible there")
    if name != DEADLOCK and interpreter.holds(name, last):
        raise InputError(f"the trace says that its last state violates {name}, but it holds there")
