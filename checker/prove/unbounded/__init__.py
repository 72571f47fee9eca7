"""Proofs for any number of elements of every sort."""

from .hints import save_hints
from .proof import prove_unbounded
from .smtlib import write_smt2
from .verdicts import Answer, InvariantProof, Obligation, Proof, Standing
from .vocabulary import UnsupportedError

__all__ = [
    "Answer",
    "InvariantProof",
    "Obligation",
    "Proof",
    "Standing",
    "UnsupportedError",
    "prove_unbounded",
    "save_hints",
    "write_smt2",
]
