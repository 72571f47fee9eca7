"""From the packed states of a path to its steps, as CPython takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from quorate.checker.finite.packing import Words
from quorate.model.language.run import Machine, State

from .result import Move


class ExplorationError(Exception):
    """The kernel and CPython disagree: a mistake of the checker, not of the model."""


def steps_through(
    machine: Machine, state: State, rows: Iterable[Words], pack: Callable[[State], Words]
) -> Iterator[Move]:
    """Steps from a state through those that `pack` maps to the rows, one after the other.

    With symmetry `pack` gives the representative of an orbit, and the steps are those of a real
    path through the orbits. Raises ExplorationError.
    """
    for row in rows:
        for action, arguments, after in machine.successors(state):
            if after != state and np.array_equal(pack(after), row):
                yield Move(action, arguments, after)
                state = after
                break
        else:
            raise ExplorationError(f"no action leads from {state!r} to the packed state {row}")
