"""The result of a search for invariants, and its progress."""

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
    """The progress of a search."""

    doing: str
    tried: int
    refuted: int
    kept: int
    seconds: float


@dataclass(frozen=True)
class SynthesisResult:
    """The outcome: lemmas by name, as the text of a method each.

    If proved, `proof` is the proof of the class with `lemmas` added. If open, `lemmas` held in all
    states explored, and if `inductive`, they are inductive at `sizes`; `trace` is a step that no
    lemma excludes. If violated, `trace` is a run.
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
