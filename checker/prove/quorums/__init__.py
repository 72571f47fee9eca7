"""Quorum systems: whether they intersect, and how available they are."""

from .comparison import QuorumComparison, chosen_by_class, chosen_by_name, compare
from .given import System
from .meeting import pairs, pairs_of, prove_pair, prove_quorums
from .quorum_proof import QuorumProof
from .structured import first_size

__all__ = [
    "QuorumComparison",
    "QuorumProof",
    "System",
    "chosen_by_class",
    "chosen_by_name",
    "compare",
    "first_size",
    "pairs",
    "pairs_of",
    "prove_pair",
    "prove_quorums",
]
