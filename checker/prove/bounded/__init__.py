"""Proofs at given sizes: the states found, runs up to a depth, and induction."""

from .inductive import inductive
from .k_induction import k_inductive
from .model_checking import Depth, bounded
from .states import check_states
from .verdicts import (
    Bounded,
    BoundedOutcome,
    Counterexample,
    DisagreementError,
    Induced,
    Inductive,
    KInduction,
    Obligation,
    Path,
    StateCheck,
    Verdict,
)

__all__ = [
    "Bounded",
    "BoundedOutcome",
    "Counterexample",
    "Depth",
    "DisagreementError",
    "Induced",
    "Inductive",
    "KInduction",
    "Obligation",
    "Path",
    "StateCheck",
    "Verdict",
    "bounded",
    "check_states",
    "inductive",
    "k_inductive",
]
