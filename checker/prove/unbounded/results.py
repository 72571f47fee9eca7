"""What a proof for any number of elements answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from quorate.checker.prove.quorums import QuorumProof
from quorate.model.language.diagnostics import NOWHERE, Span
from quorate.traces import Trace

# That steps and invariants have a value: the name of what is not an invariant of the protocol.
DEFINEDNESS = "makes sense"


class Answer(Enum):
    """What a prover says of one obligation. Without a model, "not proved" is no refutation."""

    PROVED = "proved"
    NOT_PROVED = "not proved"
    UNKNOWN = "unknown"  # that was all the effort it may take


class ProofStatus(Enum):
    """What is known of an invariant, or of all of them."""

    PROVED = "proved"
    NOT_INDUCTIVE = "not inductive"
    VIOLATED = "violated"
    UNDEFINED = "undefined"  # a run comes to an undefined step
    OPEN = "open"


@dataclass(frozen=True)
class Obligation:
    """One thing to prove, and how that went.

    `action` is None for the initial states and for a consequence of the other invariants. `used`
    are the hypotheses that the proof needs; `untouched` says that the action writes nothing that
    the invariant reads, so that there is nothing to prove. That something makes sense is an
    obligation of the action or invariant that `action` names. `split` says how finely the question
    had to be split (see queries.py); `places` are the expressions that
    may be undefined: those of which that is not proved, where it is not. `clock` says that the
    clock ended it, and not the count of what it may do.
    """

    kind: str  # "initially" | "step" | "consequence" | "sense"
    action: str | None
    invariant: str
    answer: Answer
    seconds: float
    used: tuple[str, ...] = ()
    cases: int = 1
    split: int = 0
    untouched: bool = False
    prover: str = "Z3"
    confirmed: bool | None = None  # by cvc5, where it was asked
    clock: bool = False
    places: tuple[str, ...] = ()
    action_span: Span = field(default=NOWHERE, repr=False)
    invariant_span: Span = field(default=NOWHERE, repr=False)

    @property
    def proved(self) -> bool:
        """Whether it is."""
        return self.answer is Answer.PROVED

    @property
    def name(self) -> str:
        """`phase2a / agreement`."""
        return f"{self.action or self.kind} / {self.invariant}"

    def __str__(self) -> str:
        return f"{self.name}: {self.answer.value}"


@dataclass(frozen=True)
class InvariantProof:
    """What is known of one invariant, and why.

    `rests_on` are invariants that are not proved and that its proof uses. `trace` is a step that
    breaks it (a counterexample to induction: its first state need not be reachable), or, if
    violated, a run from an initial state; `sizes` are those where it was found. `note` says what a
    run does that cannot be shown as a state: it sends a second message of one key.
    """

    invariant: str
    status: ProofStatus
    how: str  # "inductive" | "consequence" | "kept by the language"
    failed: tuple[Obligation, ...] = ()
    rests_on: tuple[str, ...] = ()
    trace: Trace | None = None
    sizes: str = ""
    note: str = ""


@dataclass(frozen=True)
class Proof:
    """The proof of a protocol's invariants for any number of elements of every sort.

    `unmet` says of which quorum systems it is not proved that they meet whatever the number of
    members: nothing is assumed of these, and the proof as a whole is open. `spared` is the little
    effort that each obligation got for that reason, if nothing else was asked for. `vacuous` says
    that no choice of `@init` is possible at any size: there is no initial state, and nothing is
    claimed. `kept`: it was found in an earlier run.
    """

    protocol: str
    invariants: tuple[InvariantProof, ...]
    obligations: tuple[Obligation, ...]
    quorums: tuple[QuorumProof, ...]
    unmet: tuple[str, ...]
    faults: tuple[str, ...]
    seconds: float
    unsupported: str | None = None
    where: Span = field(default=NOWHERE, repr=False)
    vacuous: bool = False
    spared: float | None = None
    kept: bool = False

    @property
    def status(self) -> ProofStatus:
        """The worst of the invariants'; violated if quorums that must meet do not.

        Open if they are not proved to, and where nothing was asked or is claimed.
        """
        if self.vacuous:
            return ProofStatus.OPEN
        found = {i.status for i in self.invariants}
        if self.unsupported is not None or self.unmet or not self.invariants:
            found.add(ProofStatus.OPEN)
        if any(q.refuted for q in self.quorums):
            found.add(ProofStatus.VIOLATED)
        worst = (
            ProofStatus.VIOLATED,
            ProofStatus.UNDEFINED,
            ProofStatus.NOT_INDUCTIVE,
            ProofStatus.OPEN,
        )
        for status in worst:
            if status in found:
                return status
        return ProofStatus.PROVED

    @property
    def proved(self) -> bool:
        """Whether everything is."""
        return self.status is ProofStatus.PROVED

    @property
    def slowest(self) -> Obligation | None:
        """The obligation that took longest."""
        return max(self.obligations, key=lambda o: o.seconds, default=None)

    def invariant(self, name: str) -> InvariantProof:
        """What is known of one invariant. Raises KeyError."""
        return {i.invariant: i for i in self.invariants}[name]
