"""What a proof for any number of elements answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from quorate.checker.prove.quorums import QuorumProof
from quorate.model.language.diagnostics import NOWHERE, Span
from quorate.traces import Trace


class Answer(Enum):
    """What a prover says of one obligation. Without a model, "not proved" is no refutation."""

    PROVED = "proved"
    NOT_PROVED = "not proved"
    UNKNOWN = "unknown"  # out of time


class Standing(Enum):
    """What is known of an invariant, or of all of them."""

    PROVED = "proved"
    NOT_INDUCTIVE = "not inductive"
    VIOLATED = "violated"
    OPEN = "open"


@dataclass(frozen=True)
class Obligation:
    """One thing to prove, and how that went.

    `action` is None for the initial states and for a consequence of the other invariants. `used`
    are the hypotheses that the proof needs; `untouched` says that the action writes nothing that
    the invariant reads, so that there is nothing to prove.
    """

    kind: str  # "initially" | "step" | "consequence"
    action: str | None
    invariant: str
    answer: Answer
    seconds: float
    used: tuple[str, ...] = ()
    cases: int = 1
    untouched: bool = False
    prover: str = "Z3"
    confirmed: bool | None = None  # by cvc5, where it was asked
    action_span: Span = field(default=NOWHERE, repr=False)
    invariant_span: Span = field(default=NOWHERE, repr=False)

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
    standing: Standing
    how: str  # "inductive" | "consequence" | "kept by the language"
    failed: tuple[Obligation, ...] = ()
    rests_on: tuple[str, ...] = ()
    trace: Trace | None = None
    sizes: str = ""
    note: str = ""


@dataclass(frozen=True)
class Proof:
    """The proof of a protocol's invariants for any number of elements of every sort.

    `assumed` are the quorum systems whose intersection is not proved for every number of members:
    for them the proof says "whenever the quorums meet".
    """

    protocol: str
    invariants: tuple[InvariantProof, ...]
    obligations: tuple[Obligation, ...]
    quorums: tuple[QuorumProof, ...]
    assumed: tuple[str, ...]
    faults: tuple[str, ...]
    seconds: float
    unsupported: str | None = None
    where: Span = field(default=NOWHERE, repr=False)

    @property
    def standing(self) -> Standing:
        """The worst of the invariants'; violated if quorums that must meet do not."""
        found = {i.standing for i in self.invariants}
        if self.unsupported is not None:
            found.add(Standing.OPEN)
        if any(q.counterexample is not None for q in self.quorums):
            found.add(Standing.VIOLATED)
        for standing in (Standing.VIOLATED, Standing.NOT_INDUCTIVE, Standing.OPEN):
            if standing in found:
                return standing
        return Standing.PROVED

    @property
    def proved(self) -> bool:
        """Whether everything is."""
        return self.standing is Standing.PROVED

    @property
    def slowest(self) -> Obligation | None:
        """The obligation that took longest."""
        return max(self.obligations, key=lambda o: o.seconds, default=None)

    def invariant(self, name: str) -> InvariantProof:
        """What is known of one invariant. Raises KeyError."""
        return {i.invariant: i for i in self.invariants}[name]
