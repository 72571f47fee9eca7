"""The quorum exchange axiom: if quorums are sets of one size, a member may be exchanged.

It is needed for a proposer that has heard from more than a quorum and takes the latest vote of all:
that a quorum of them includes this vote takes an exchange.
"""

from __future__ import annotations

from typing import Any

from quorate.checker.prove.unbounded.logic import (
    Atom,
    Formula,
    conj,
    disj,
    every,
    neg,
    some,
    triggered,
)
from quorate.checker.prove.unbounded.signature import Signature
from quorate.model.language.declare.quorums import BySize
from quorate.model.language.declare.types import QuorumType, SortType

DEFINING = ("subsets", "quorums")  # the methods that define which sets are quorums


def exchange(v: Signature, system: Any) -> Formula:
    """For a quorum and an element outside it, there is a quorum of that element and members of it.

    TRUE, hence no axiom, for systems whose quorums are not all sets of one size.
    """
    if any(getattr(system, n).__func__ is not getattr(BySize, n).__func__ for n in DEFINING):
        return True
    t = SortType(system.of)
    q, r = (v.fresh(n, v.sort(QuorumType(system))) for n in "qr")
    a, x = (v.fresh(n, v.sort(t)) for n in "ax")
    inside = every(
        [x], disj([neg(v.is_member(x, r, system)), v.is_member(x, q, system), Atom(x == a)])
    )
    found = some([r], conj([v.is_member(a, r, system), inside]))
    return triggered(every([q, a], disj([neg(v.proper(a, t)), v.is_member(a, q, system), found])))
