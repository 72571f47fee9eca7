"""What the proofs at given sizes answer. An open question is an answer of its own, never a pass."""

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
    """Z3 and the explorer or CPython disagree: a bug of the checker, never of the model."""


class ObligationStatus(Enum):
    """What is known of one obligation."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class StateCheck:
    """One invariant, asked of Z3 about the states that an explorer found.

    `states` were asked about; `complete` says whether that is all that the explorer found.
    `violating` are those where CPython finds the invariant violated: none, or `witness` is one.
    `clock` says that the clock ended it, and not the count of what Z3 may do.
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

    After a violation `path` is a shortest one, run again by CPython, and `depth` its length. So it
    is where a step or a property is undefined after `path`; such a step counts. After
    UNKNOWN or INTERRUPTED, no run of at most `depth` steps is a violation, and longer ones are open
    (-1: all are).
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

    The state need not be reachable: then the invariants are too weak, not wrong. `violated` is
    what the state after the step violates. For an obligation of an initial state, or one that a
    step makes sense, `move` is None.
    """

    state: State
    move: Move | None
    violated: str


@dataclass(frozen=True)
class PathToViolation:
    """Steps from a state that need not be reachable; `wrong` is what the last state violates."""

    state: State
    moves: tuple[Move, ...]
    wrong: str


@dataclass(frozen=True)
class Induced:
    """One invariant in k-induction; None stands for "every step makes sense".

    `k` is the least for which any k states in a row where `given` holds are followed by one where
    this does. None: for none that was tried, and `path` is k steps to where it does not, unless
    the time was over.
    """

    invariant: str | None
    given: tuple[str | None, ...]
    k: int | None
    path: PathToViolation | None


@dataclass(frozen=True)
class KInductionResult:
    """Induction over up to `most` steps; `base` says that no short run violates anything.

    Where it does, `base` is a violation, and nothing is induced.
    """

    sizes: str
    most: int
    base: BoundedCheck
    induced: tuple[Induced, ...]
    seconds: float

    @property
    def status(self) -> ObligationStatus:
        """PROVED: everything holds in every reachable state. REFUTED: a run violates something.

        Or a run leads to where something is undefined.
        """
        if self.base.outcome in (BoundedOutcome.VIOLATED, BoundedOutcome.UNDEFINED):
            return ObligationStatus.REFUTED
        carried = all(i.k is not None for i in self.induced)
        proved = carried and self.base.outcome is BoundedOutcome.NONE_WITHIN
        return ObligationStatus.PROVED if proved else ObligationStatus.UNKNOWN


@dataclass(frozen=True)
class FiniteObligation:
    """One thing to prove: that the initial states, or an action's steps, satisfy an invariant.

    `action` is None for the initial states; `invariant` is None for "the step makes sense", and for
    "the reachable predicate has a value", whose name `action` is then.
    `effort` is what the answer took (see effort.py); `clock` says that it was ended by the clock.
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
        """PROVED if every obligation is, REFUTED (not inductive) if one is, else UNKNOWN."""
        found = {o.status for o in self.obligations}
        for status in (ObligationStatus.REFUTED, ObligationStatus.UNKNOWN):
            if status in found:
                return status
        return ObligationStatus.PROVED

    @property
    def failed(self) -> tuple[FiniteObligation, ...]:
        """The obligations that are not proved."""
        return tuple(o for o in self.obligations if o.status is not ObligationStatus.PROVED)
