"""Quorums by size: any so many elements are one, so a member may be exchanged for any other.

A proposer that has heard from more than a quorum looks at the latest vote of all of these. That a
quorum of them tells of this vote too takes an exchange.
"""

from __future__ import annotations

from typing import Any

from quorate.checker.prove.unbounded.logic import (
    Atom,
    Formula,
    conj,
    disj,
    every,
    fresh,
    neg,
    some,
    triggered,
)
from quorate.checker.prove.unbounded.signature import Signature
from quorate.model.language.declare.quorums import BySize
from quorate.model.language.declare.types import QuorumType, SortType

DEFINING = ("subsets", "quorums")  # what says which sets are quorums


def exchange(v: Signature, system: Any) -> Formula:
    """That for a quorum and an element outside there is a quorum of that element and others of it.

    True where any so many elements are a quorum; of other systems nothing is said.
    """
    if any(getattr(system, n).__func__ is not getattr(BySize, n).__func__ for n in DEFINING):
        return True
    t = SortType(system.of)
    q, r = (fresh(n, v.sort(QuorumType(system))) for n in "qr")
    a, x = (fresh(n, v.sort(t)) for n in "ax")
    inside = every(
        [x], disj([neg(v.is_member(x, r, system)), v.is_member(x, q, system), Atom(x == a)])
    )
    found = some([r], conj([v.is_member(a, r, system), inside]))
    return triggered(every([q, a], disj([neg(v.proper(a, t)), v.is_member(a, q, system), found])))
