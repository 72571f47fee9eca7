"""Quorum systems in TLA+, and which sorts are interchangeable."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from quorate.model.language import (
    Flexible,
    Majority,
    Nat,
    Ordered,
    QuorumSystem,
    SizeError,
    Sizes,
    Sort,
)

from . import terms as t
from .domains import Domains
from .layout import cat
from .names import fresh
from .terms import Term

System = type[QuorumSystem[Any]]


@dataclass
class Systems:
    """Says of each quorum system whether the module defines it or takes it as a constant."""

    domains: Domains
    sizes: Sizes | None

    def defined(self) -> list[tuple[System, Term]]:
        """The systems given by how many members a quorum has."""
        return [(x, self._by_size(x)) for x in self.domains.systems if _is_by_size(x)]

    def constants(self) -> list[System]:
        """The systems that the configuration lists, quorum by quorum."""
        return [x for x in self.domains.systems if not _is_by_size(x)]

    def _by_size(self, system: System) -> Term:
        of = self.domains.sort(system.of)
        q = fresh("q", self.domains.names.used)
        size = t.apply("Cardinality", Term(q))
        return t.filtered(
            t.bound([q], Term(cat("SUBSET ", of.doc), t.SET)),
            t.infix(size, "=", self._least(system, of), t.RELATION),
        )

    def _least(self, system: System, of: Term) -> Term:
        if not issubclass(system, Flexible):
            return Term(f"Cardinality({of.text}) \\div 2 + 1", t.SUM)
        if not callable(system.size):
            return t.number(system.size)
        if self.sizes is None:
            raise SizeError(
                f"how many members a quorum of {system.__name__} has depends on how many "
                f"{system.of.__name__}s there are: say -s {system.of.__name__}=..."
            )
        return t.number(system.least(len(self.sizes.elements[system.of])))

    def symmetric(self) -> list[type[Sort]]:
        """The sorts whose elements the module cannot tell apart."""
        told_apart = {type(e) for e in self.domains.elements}
        told_apart |= {x.of for x in self.constants() if not self._is_fair(x)}
        return [
            x
            for x in sorted(self.domains.sorts, key=lambda x: x.__name__)
            if not issubclass(x, (Nat, Ordered)) and x not in told_apart
        ]

    def _is_fair(self, system: System) -> bool:
        """Whether the quorums listed are all the sets of their sizes."""
        if self.sizes is None:
            return False
        n = len(self.sizes.elements[system.of])
        counts = Counter(map(len, set(self.sizes.elements[system])))
        return all(count == math.comb(n, size) for size, count in counts.items())


def _is_by_size(system: System) -> bool:
    """Whether a system is a majority or flexible one as the language has it, not overridden."""
    for base in (Majority, Flexible):
        if issubclass(system, base):
            own = [getattr(system, name) for name in ("least", "subsets")]
            known = [getattr(base, name) for name in ("least", "subsets")]
            return all(a.__func__ is b.__func__ for a, b in zip(own, known, strict=True))
    return False
