"""The results of proofs at given sizes. An open question is a result of its own, never a pass."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from quorate.checker.results import Move
from quorate.errors import InternalError
from quorate.model.language.diagnostics import UndefinedAt
from quorate.model.language.interpreter import State

__all__ = [
    "BoundedCheck",
    "BoundedOutcome",
    "CounterexampleToInduction",
    "DisagreementError",
    "FiniteObligation",
    "Induced",
    "InductiveCheck",
    "KInductionResult",
    "Move",
    "ObligationStatus",
    "PathToViolation",
    "StateCheck",
]


class DisagreementError(InternalError):
    """Z3 disagrees with the explorer or CPython: a bug in the checker, never in the model."""


class ObligationStatus(Enum):
    """The status of one obligation."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class StateCheck:
    """One invariant, checked by Z3 in the states that an explorer found.

    `states` is the number of states checked; `complete` says whether these are all that the
    explorer found. `violating` is the number of those that violate the invariant for CPython, and
    `witness` one of them. `clock` says that time ran out before the effort did.
    """

    invariant: str
    status: ObligationStatus
    states: int
    complete: bool
    violating: int
    witness: State | None
    seconds: float
    clock: bool = False


class BoundedOutcome(Enum):
    """How a bounded check ended."""

    NONE_WITHIN = "no violation within the depth"
    VIOLATED = "violated"
    UNDEFINED = "undefined"
    UNKNOWN = "unknown"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class BoundedCheck:
    """A bounded check: whether a run of at most `depth` steps violates an invariant.

    After a violation `path` is a shortest run to it, taken again by CPython, and `depth` its
    length; likewise if a step, which counts, or a property is undefined after `path`. After
    UNKNOWN or INTERRUPTED no run of at most `depth` steps is a violation (-1: nothing is known),
    and longer runs are open.
    """

    outcome: BoundedOutcome
    depth: int
    invariants: tuple[str, ...]
    violated: str | None
    initial: State | None
    path: tuple[Move, ...]
    seconds: float
    undefined: UndefinedAt | None = None


@dataclass(frozen=True)
class CounterexampleToInduction:
    """A state that satisfies all invariants, and a step to one that does not, both by CPython.

    The state need not be reachable; if it is not, the invariants are too weak, not wrong.
    `violated` is what the state after the step violates. `move` is None if an initial state
    violates it, or if the step is undefined.
    """

    state: State
    move: Move | None
    violated: str


@dataclass(frozen=True)
class PathToViolation:
    """Steps from a state that need not be reachable; the last state violates `wrong`."""

    state: State
    moves: tuple[Move, ...]
    wrong: str


@dataclass(frozen=True)
class Induced:
    """One invariant in k-induction; the invariant None is that every step is defined.

    `k` is the least number for which k states in a row that satisfy `given` are always followed by
    one that satisfies this. It is None if no number tried will do; then `path` is a counterexample
    for the last one, unless the effort was used up.
    """

    invariant: str | None
    given: tuple[str | None, ...]
    k: int | None
    path: PathToViolation | None


@dataclass(frozen=True)
class KInductionResult:
    """The result of induction over up to `most` steps.

    `base` is the bounded check of short runs. If it finds a violation, nothing is induced.
    """

    sizes: str
    most: int
    base: BoundedCheck
    induced: tuple[Induced, ...]
    seconds: float

    @property
    def status(self) -> ObligationStatus:
        """PROVED: all invariants hold in all reachable states. REFUTED: a run violates one.

        A run to an undefined step or property refutes them too.
        """
        if self.base.outcome in (BoundedOutcome.VIOLATED, BoundedOutcome.UNDEFINED):
            return ObligationStatus.REFUTED
        carried = all(i.k is not None for i in self.induced)
        proved = carried and self.base.outcome is BoundedOutcome.NONE_WITHIN
        return ObligationStatus.PROVED if proved else ObligationStatus.UNKNOWN


@dataclass(frozen=True)
class FiniteObligation:
    """One thing to prove: that the initial states, or an action's steps, satisfy an invariant.

    `action` is None for the initial states. `invariant` is None for "the step is defined" and for
    "the reachable predicate is defined", where `action` is the predicate's name. `effort` is what
    the answer took (see effort.py); `clock` says that time ran out first.
    """

    action: str | None
    invariant: str | None
    status: ObligationStatus
    counterexample: CounterexampleToInduction | None
    seconds: float
    effort: float = 0.0
    clock: bool = False

    def __str__(self) -> str:
        what = self.invariant or "makes sense"
        return f"{self.action or 'initially'} / {what}: {self.status.value}"


@dataclass(frozen=True)
class InductiveCheck:
    """The inductive check of one finite instance."""

    sizes: str
    invariants: tuple[str, ...]
    obligations: tuple[FiniteObligation, ...]
    seconds: float

    @property
    def status(self) -> ObligationStatus:
        """PROVED if all obligations are, REFUTED (not inductive) if one is, else UNKNOWN."""
        found = {o.status for o in self.obligations}
        for status in (ObligationStatus.REFUTED, ObligationStatus.UNKNOWN):
            if status in found:
                return status
        return ObligationStatus.PROVED

    @property
    def failed(self) -> tuple[FiniteObligation, ...]:
        """The obligations that are not proved."""
        return tuple(o for o in self.obligations if o.status is not ObligationStatus.PROVED)
