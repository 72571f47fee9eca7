"""Proofs at given sizes: of explored states, of runs up to a depth, and by induction."""

from .inductive import inductive
from .k_induction import k_inductive
from .model_checking import Depth, bounded
from .results import (
    BoundedCheck,
    BoundedOutcome,
    CounterexampleToInduction,
    DisagreementError,
    FiniteObligation,
    Induced,
    InductiveCheck,
    KInductionResult,
    ObligationStatus,
    PathToViolation,
    StateCheck,
)
from .states import check_states

__all__ = [
    "BoundedCheck",
    "BoundedOutcome",
    "CounterexampleToInduction",
    "Depth",
    "DisagreementError",
    "FiniteObligation",
    "Induced",
    "InductiveCheck",
    "KInductionResult",
    "ObligationStatus",
    "PathToViolation",
    "StateCheck",
    "bounded",
    "check_states",
    "inductive",
    "k_inductive",
]
