"""Why a step is not possible: each guard of the action, and what it says for some arguments."""

from __future__ import annotations

import linecache
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from quorate.model.language import Message
from quorate.model.language.declare.types import RecordType
from quorate.model.language.interpreter import Arguments, Requirement, State

from .walk import Walk


@dataclass(frozen=True)
class GuardSeen:
    """A guard of an action as CPython met it.

    `held` is None if an earlier guard fails, and what follows is undefined for that reason.
    """

    held: bool | None
    text: str
    file: str
    line: int


@dataclass(frozen=True)
class Blocked:
    """A choice of arguments for which an action is not possible: its first guard that fails."""

    number: int
    arguments: Arguments
    guard: GuardSeen


def guards_of(walk: Walk, state: State, action: str, arguments: Arguments) -> list[GuardSeen]:
    """Every guard of an action for these arguments. Use it inside the sizes."""
    met = walk.interpreter.requirements(state, action, arguments)
    seen = [*_budget(walk, state, action), *(_guard(walk, action, r) for r in met)]
    reached = {(g.file, g.line) for g in seen}
    for guard in walk.description.action(action).guards:
        at = guard.span.file, guard.span.line
        if at not in reached:
            seen.append(GuardSeen(None, guard.text, *at))
    return seen


def blocked(walk: Walk, state: State, action: str) -> Iterator[Blocked]:
    """Each choice of arguments for which an action is not possible. Use it inside the sizes.

    What is undefined counts as possible: no guard stops it.
    """
    taken = {s.arguments for s in walk.steps(state) if s.action == action}
    for number, arguments in enumerate(walk.interpreter.choices(state, action)):
        if arguments in taken:
            continue
        seen = guards_of(walk, state, action, arguments)
        if (first := next((g for g in seen if g.held is False), None)) is not None:
            yield Blocked(number, arguments, first)


def reasons(walk: Walk, state: State, action: str) -> Counter[GuardSeen]:
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


def _guard(walk: Walk, action: str, met: Requirement) -> GuardSeen:
    known = walk.description.action(action).guards
    text = next((g.text for g in known if (g.span.file, g.span.line) == (met.file, met.line)), None)
    text = text or linecache.getline(met.file, met.line).strip()
    return GuardSeen(met.held, text, met.file, met.line)


def _budget(walk: Walk, state: State, action: str) -> Iterator[GuardSeen]:
    """Of a fault, whether it may still happen."""
    fault = walk.description.action(action).fault
    if fault is None:
        return
    kinds = list(walk.sizes.faults)
    left = state[len(walk.description.variables) + kinds.index(fault)]
    span = walk.description.action(action).span
    text = f"at most {walk.sizes.faults[fault]} of the fault {fault} (-f {fault}=...)"
    yield GuardSeen(bool(left), text, span.file, span.line)
