"""Quorum systems: whether they intersect, and how available they are."""

from .given import System
from .meeting import pairs, pairs_of, prove_pair, prove_quorums
from .quorum_proof import QuorumProof
from .structured import first_size

__all__ = [
    "QuorumProof",
    "System",
    "first_size",
    "pairs",
    "pairs_of",
    "prove_pair",
    "prove_quorums",
]
