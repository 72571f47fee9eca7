"""The initial states of a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quorate.checker.ground.packed_states import place_of
from quorate.checker.ground.packing import Words
from quorate.checker.ground.vector import States
from quorate.model.language.interpreter import State

from .paths import ExplorationError


@dataclass(frozen=True)
class Starts:
    """The initial states, and the words that a search stores of each, in rows."""

    states: Sequence[State]
    rows: States

    def __len__(self) -> int:
        return len(self.rows)

    def state(self, row: Words) -> State:
        """The initial state that is stored so. Raises ExplorationError if none is."""
        if (place := place_of(row, self.rows)) is None:
            raise ExplorationError(f"no initial state is stored as {row}")
        return self.states[place]


class FirstLook(NamedTuple):
    """What a search sees in its initial states, up to the first that ends it.

    `reached` are the bits of `check` that end no search; `found` are those of the state at `where`
    that do, 0 if no state has one.
    """

    reached: int
    found: int
    where: int
