"""What is asked of an implementation where nothing happens any more in the model.

A deadlock is a state in which no step leads anywhere; a run may also end in a state where fairness
asks for no step. The code does the same if none of the steps that the model could take does
anything there: each is asked for, as a probe is. Who shows only a part of the state may have
changed the rest, and where the model only stops at the end of a range nothing can be asked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from quorate.checker.conform.deliveries import is_end
from quorate.checker.conform.showing import Row
from quorate.checker.conform.space import Call, Space
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.interpreter import State


@dataclass(frozen=True)
class Rest:
    """A state in which nothing happens: what to ask for, or why asking says nothing."""

    calls: tuple[Call, ...]
    reason: str | None


def fair_actions(protocol: type[Protocol]) -> frozenset[str]:
    """The actions that cannot be put off for ever."""
    actions = protocol.methods("action").items()
    return frozenset(name for name, method in actions if method._quorate.fair is not None)


def rest(
    protocol: type[Protocol], sizes: Sizes, state: State, only: Collection[str] | None
) -> Rest:
    """What to ask for in a state, of all actions or `only` of some. Use it inside the sizes."""
    if only is not None and not only:
        return Rest((), "no action is fair, so that nobody has to do anything there")
    space = Space(protocol, sizes)
    row = space.row(state)
    if (beyond := _beyond(space, row, only)) is not None:
        return Rest((), f"the model stops at the end of a range ({beyond}), and the code need not")
    still = [code for code, target in space.steps(row) if target == row]
    calls = [space.call(code) for code in (*space.disabled(row), *still)]
    asked = [c for c in calls if not c.environment and (only is None or c.action in only)]
    if not asked:
        return Rest((), "no step of a process can be asked for there")
    return Rest(tuple(asked), None)


def _beyond(space: Space, row: Row, only: Collection[str] | None) -> str | None:
    """A step that only the end of a range may disable."""
    ends = {
        a.name: ends
        for a in space.description.actions
        if (ends := {k for k, g in enumerate(a.guards) if is_end(g)})
        and (only is None or a.name in only)
    }
    for code in space.codes if ends else ():
        call = space.call(code)
        if call.action in ends and ends[call.action].intersection(space.failing(row, code)):
            return str(call)
    return None
