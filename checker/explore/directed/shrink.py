"""Shorter counterexamples: steps that the violation does not need are taken away.

Zeller and Hildebrandt: Simplifying and Isolating Failure-Inducing Input (2002), the algorithm
`ddmin`. A step that cannot be taken once others are gone is left out too.
"""

from __future__ import annotations

from collections.abc import Sequence

from quorate.checker.explore.result import Move
from quorate.model.language.run import Arguments, Machine, State

Steps = list[tuple[str, Arguments]]


def shrunk(
    machine: Machine, initial: State, path: Sequence[Move], invariant: str
) -> tuple[Move, ...]:
    """A part of the path, run again by CPython, that violates the invariant too.

    None of its steps can be left out (it is 1-minimal); a quite different path may be shorter.
    """
    kept: tuple[Move, ...] = tuple(path)
    parts = 2
    while len(kept) > 1:
        size = -(-len(kept) // parts)
        for start in range(0, len(kept), size):
            rest = [*kept[:start], *kept[start + size :]]
            found = _run(machine, initial, [(m.action, m.arguments) for m in rest], invariant)
            if found is not None:
                kept, parts = found, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(2 * parts, len(kept))
    return kept


def _run(machine: Machine, state: State, steps: Steps, invariant: str) -> tuple[Move, ...] | None:
    """The steps of these that can be taken; None if they do not end in a violation."""
    path: list[Move] = []
    for action, arguments in steps:
        after = machine.step(state, action, arguments)
        if after is None or after == state:
            continue
        path.append(Move(action, arguments, after))
        state = after
    return None if machine.holds(invariant, state) else tuple(path)
