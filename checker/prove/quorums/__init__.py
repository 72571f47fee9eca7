"""Quorum systems: whether they intersect, and how available they are."""

from .given import System
from .meeting import pairs, pairs_of, prove_pair, prove_quorums
from .structured import first_size
from .verdict import QuorumProof

__all__ = [
    "QuorumProof",
    "System",
    "first_size",
    "pairs",
    "pairs_of",
    "prove_pair",
    "prove_quorums",
]
