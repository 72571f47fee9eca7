"""Which guard stops an action, for each choice of its arguments that is not possible."""

from __future__ import annotations

import linecache
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from quorate.model.language import Message
from quorate.model.language.declare.types import RecordType
from quorate.model.language.interpreter import Arguments, State

from .walk import Walk


@dataclass(frozen=True)
class StoppingGuard:
    """A guard that is the first to fail: as it is written, and where."""

    text: str
    file: str
    line: int


@dataclass(frozen=True)
class Blocked:
    """A choice of arguments for which an action is not possible, and why."""

    number: int
    arguments: Arguments
    guard: StoppingGuard


def blocked(walk: Walk, state: State, action: str) -> Iterator[Blocked]:
    """Each choice of arguments for which an action is not possible. Use it inside the sizes.

    What is undefined counts as possible: no guard stops it.
    """
    taken = {s.arguments for s in walk.steps(state) if s.action == action}
    for number, arguments in enumerate(walk.interpreter.choices(state, action)):
        if arguments not in taken:
            guard = _first_failing(walk, state, action, arguments)
            if guard is not None:
                yield Blocked(number, arguments, guard)


def reasons(walk: Walk, state: State, action: str) -> Counter[StoppingGuard]:
    """How many choices of arguments each guard is the first to stop. Use it inside the sizes."""
    return Counter(b.guard for b in blocked(walk, state, action))


def nothing_to_take(walk: Walk, state: State, action: str) -> str | None:
    """Why an action has no choice of arguments at all: it takes a message, and none is there."""
    if walk.interpreter.choices(state, action):
        return None
    types = (p.var.type for p in walk.description.action(action).parameters)
    taken = [t.record for t in types if isinstance(t, RecordType)]
    names = (r.__name__ for r in taken if issubclass(r, Message))
    return f"there is no {' or no '.join(dict.fromkeys(names))} to take"


def _first_failing(
    walk: Walk, state: State, action: str, arguments: Arguments
) -> StoppingGuard | None:
    described = walk.description.action(action)
    if described.fault is not None:
        kinds = list(walk.sizes.faults)
        if not state[len(walk.description.variables) + kinds.index(described.fault)]:
            given = walk.sizes.faults[described.fault]
            text = f"at most {given} of the fault {described.fault} (-f {described.fault}=...)"
            return StoppingGuard(text, described.span.file, described.span.line)
    met = walk.interpreter.requirements(state, action, arguments)
    first = next((r for r in met if not r.held), None)
    if first is None:
        return None
    place = first.file, first.line
    texts = (g.text for g in described.guards if (g.span.file, g.span.line) == place)
    return StoppingGuard(next(texts, linecache.getline(*place).strip()), *place)
