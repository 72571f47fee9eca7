"""How a search for invariants ended, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from quorate.checker.prove.unbounded import Proof
from quorate.traces import Trace


class SynthesisStatus(Enum):
    """How a search ended."""

    PROVED = "proved"
    VIOLATED = "violated"
    OPEN = "open"


@dataclass(frozen=True)
class SynthesisProgress:
    """Where a search is."""

    doing: str
    tried: int
    refuted: int
    kept: int
    seconds: float


@dataclass(frozen=True)
class SynthesisResult:
    """The outcome: lemmas by name, as the text of a method each.

    If proved, `proof` is that of the class with `lemmas` added. If open, `lemmas` held in all
    states that were looked at and are inductive at `sizes` if `inductive` says so; `trace` is a
    step that nothing excludes, or, if violated, a run.
    """

    protocol: str
    goals: tuple[str, ...]
    status: SynthesisStatus
    lemmas: dict[str, str]
    proof: Proof | None
    trace: Trace | None
    broken: str
    sizes: str
    inductive: bool
    why: str
    tried: int
    refuted: int
    seconds: float
    cpu_seconds: float
