"""A state as what can be asked of it: the state before a step is symbols, all others are macros.

No frame axioms: the state after a step is written in terms of the one before, so that what a step
leaves alone is literally the same term.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from typing import Protocol as Interface

from quorate.model.language.declare.types import Record

from .logic import Atom, Formula, Term
from .signature import Signature, cell_type
from .values import Value, held

Set = Callable[[Term], Formula]
Env = Mapping[str, Any]  # for each name a Value or a Set


class State(Interface):
    """What can be asked of a state."""

    def cell(self, variable: str, keys: Sequence[Term]) -> Value:
        """What a variable holds at these keys."""

    def contains(self, variable: str, keys: Sequence[Term], item: Term) -> Formula:
        """Whether the set that a variable holds at these keys has this member."""

    def sent(self, record: type[Record], columns: Sequence[Term]) -> Formula:
        """Whether a message with these columns was sent."""


class ArbitraryState:
    """The state before a step: any state at all."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature

    def cell(self, variable: str, keys: Sequence[Term]) -> Value:
        of = cell_type(self.signature.description.by_name[variable].type)
        return held(self.signature.parts[variable], of, keys)

    def contains(self, variable: str, keys: Sequence[Term], item: Term) -> Formula:
        return Atom(self.signature.sets[variable](*keys, item))

    def sent(self, record: type[Record], columns: Sequence[Term]) -> Formula:
        return Atom(self.signature.relations[record].symbol(*columns))
