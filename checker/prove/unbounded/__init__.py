"""Proofs for any number of elements of every sort."""

from .proof import prove_unbounded
from .verdicts import Answer, InvariantProof, Obligation, Proof, Standing

__all__ = ["Answer", "InvariantProof", "Obligation", "Proof", "Standing", "prove_unbounded"]
