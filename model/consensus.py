"""Consensus itself: at most one value is chosen, and that is all.

Lamport's TLA+ module Consensus. Nothing is said of who chooses and how: that is for the protocols
that refine it.
"""

from .language import Protocol, Set, Sort, action, durable, invariant, reachable, require


class Value(Sort): ...


class Consensus(Protocol):
    """The values chosen so far: none, or one for ever."""

    chosen: Set[Value] = durable(frozenset())

    @action
    def choose(self, v: Value) -> None:
        require(len(self.chosen) == 0)
        self.chosen = self.chosen | {v}

    @invariant
    def at_most_one(self) -> bool:
        return all(v == w for v in self.chosen for w in self.chosen)

    @reachable
    def a_value_is_chosen(self) -> bool:
        return len(self.chosen) == 1
