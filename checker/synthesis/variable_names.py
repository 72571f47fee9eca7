"""Names for the variables of lemmas, as the actions of a protocol choose them."""

from __future__ import annotations

import string

from quorate.model.language.declare.quorums import QuorumSystem
from quorate.model.language.declare.sorts import Nat, Ordered, Sort
from quorate.model.language.declare.types import MessagesType, QuorumType, SortType, Type
from quorate.model.language.ir import core as c


class VariableNames:
    """Letters for variables: those that the actions use for their parameters, then others."""

    def __init__(self, description: c.Description) -> None:
        sorts = description.protocol.sorts()
        self.sorts: list[type[Sort]] = [
            s for s in sorts.values() if issubclass(s, Sort) and not issubclass(s, Nat)
        ]
        self.systems = [s for s in sorts.values() if issubclass(s, QuorumSystem)]
        self.messages = [
            (v.name, record)
            for v in description.variables
            if isinstance(v.type, MessagesType)
            for record in v.type.messages
        ]
        used = {"m", "n", "l", "x"}
        self._names: dict[type, list[str]] = {}
        parameters = [p.var for a in description.actions for p in a.parameters]
        wanted = {v.type: v.name for v in reversed(parameters)}
        kinds: dict[type, Type] = {s: SortType(s) for s in self.sorts}
        kinds |= {s: QuorumType(s) for s in self.systems}
        for kind, t in kinds.items():
            first = wanted.get(t, kind.__name__[0].lower())
            self._names[kind] = [self._name(first, used)]
        for sort in sorted(self.sorts, key=lambda s: not issubclass(s, Ordered)):
            for _ in range(2):
                self._names[sort].append(self._name(self._names[sort][-1], used))

    def _name(self, first: str, used: set[str]) -> str:
        at = string.ascii_lowercase.find(first[:1])
        following = string.ascii_lowercase[at + 1 :] + string.ascii_lowercase[:at]
        choices = [first, *following, *(f"{first}{i}" for i in range(2, 99))]
        found: str = next(n for n in choices if n not in used)
        used.add(found)
        return found

    def of(self, kind: type) -> list[str]:
        """Three names for elements of a sort, one for a quorum."""
        return self._names[kind]
