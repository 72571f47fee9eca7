"""Shortening a run: steps that the finding does not need are removed.

Zeller and Hildebrandt: Simplifying and Isolating Failure-Inducing Input (2002), the algorithm
`ddmin`. A step that cannot be taken once others are gone, or is undefined then, is left out too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from quorate.checker.results import DEADLOCK, Finding, Move
from quorate.model.language import StepError
from quorate.model.language.interpreter import Interpreter, State


def shrunk(interpreter: Interpreter, found: Finding) -> Finding:
    """The same finding at the end of a part of its path, run again by CPython.

    None of its steps can be left out (it is 1-minimal); a quite different path may be shorter.
    """
    kept = found
    parts = 2
    while len(kept.path) > 1:
        size = -(-len(kept.path) // parts)
        for start in range(0, len(kept.path), size):
            rest = [*kept.path[:start], *kept.path[start + size :]]
            shorter = _run(interpreter, found, rest)
            if shorter is not None:
                kept, parts = shorter, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(2 * parts, len(kept.path))
    return kept


def _run(interpreter: Interpreter, found: Finding, moves: Sequence[Move]) -> Finding | None:
    """The finding after those of the steps that can be taken; None if it is none then."""
    state = found.initial
    assert state is not None
    path: list[Move] = []
    for move in moves:
        after = interpreter.tried(state, move.action, move.arguments)
        if after is None or after == state:
            continue
        path.append(Move(move.action, move.arguments, after))
        state = after
    return _again(interpreter, replace(found, path=tuple(path)), state)


def _again(interpreter: Interpreter, found: Finding, state: State) -> Finding | None:
    """The same finding in another state; None if that state is not wrong in the same way."""
    at = found.undefined
    try:
        if found.violated == DEADLOCK:
            return found if interpreter.is_deadlock(state) else None
        if found.violated is not None:
            return None if interpreter.holds(found.violated, state) else found
        assert at is not None
        if at.kind == "action":
            interpreter.step(state, at.name, at.arguments)
        else:
            interpreter.holds(at.name, state)
    except StepError as error:
        return None if at is None else replace(found, undefined=error.at)
    return None
