"""Whether the quorums meet: an axiom of the proofs only where it is proved for every size.

Of systems that no argument covers at every size, or that are known not to meet at some, nothing is
assumed: what needs it stays open.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from quorate.checker.prove.quorums import QuorumProof, System, pairs, prove_pair
from quorate.model.language import SizeError
from quorate.model.language.declare.protocol import LARGEST_SIZE, Protocol


def proved_systems(protocol: type[Protocol]) -> tuple[QuorumProof, ...]:
    """What is proved of each pair of systems. Raises SizeError if no size fits."""
    return tuple(proof for pair in pairs(protocol) for proof in _proved(*pair))


def always_meet(left: System, right: System) -> bool:
    """Whether it is proved, for any number of members, that the quorums meet. Raises SizeError."""
    return any(p.holds and p.every for p in _proved(left, right))


def not_always(proofs: Sequence[QuorumProof]) -> tuple[str, ...]:
    """The statements that are not proved for every number of members."""
    every = {p.statement for p in proofs if p.holds and p.every}
    return tuple(dict.fromkeys(p.statement for p in proofs if p.statement not in every))


def missing_each_other(protocol: type[Protocol]) -> list[dict[str, int]]:
    """Sizes of single sorts at which quorums that must meet do not."""
    return [
        {left.of.__name__: q.fails}
        for left, right in pairs(protocol)
        for q in _proved(left, right)
        if q.fails is not None
    ]


@lru_cache(maxsize=256)
def _proved(left: Any, right: Any) -> tuple[QuorumProof, ...]:
    for n in (*range(3, LARGEST_SIZE + 1), 1, 2):
        try:
            return tuple(prove_pair(left, right, n))
        except SizeError as error:
            last = error
    raise last
