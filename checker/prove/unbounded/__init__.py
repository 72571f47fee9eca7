"""Proofs for any number of elements of every sort."""

from .hints import save_hints
from .proof import prove_unbounded
from .results import Answer, InvariantProof, Obligation, Proof, ProofStatus
from .signature import UnsupportedError
from .smtlib import write_smt2

__all__ = [
    "Answer",
    "InvariantProof",
    "Obligation",
    "Proof",
    "ProofStatus",
    "UnsupportedError",
    "prove_unbounded",
    "save_hints",
    "write_smt2",
]
