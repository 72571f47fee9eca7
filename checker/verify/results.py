"""The results of `verify`: a row for each check, and the overall status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar

from quorate.checker.conform.replaying.replay import Replay, ReplayVerdict
from quorate.checker.explore.claims import claimed_of_rest, nothing_claimed
from quorate.checker.liveness.results import Liveness, TemporalVerdict
from quorate.checker.prove.bounded import InductiveCheck, ObligationStatus, StateCheck
from quorate.checker.prove.quorums import QuorumProof
from quorate.checker.prove.unbounded import Proof
from quorate.checker.prove.unbounded.meeting import not_always
from quorate.checker.results import Exploration, Move, Outcome
from quorate.model.language import Protocol, Sizes
from quorate.traces import Trace

from .livelock import Livelock
from .mutants import MutantResult

T = TypeVar("T")


@dataclass(frozen=True)
class GraphSize:
    """The networkx graph of all states; it should have an edge for each of the `transitions`.

    In `resting` states no step leads to another one.
    """

    nodes: int
    edges: int
    transitions: int
    resting: int


@dataclass(frozen=True)
class StateChecks:
    """Z3's check of the invariants in the states found."""

    checks: tuple[StateCheck, ...]


@dataclass(frozen=True)
class Counterexample:
    """The run to the violation.

    `trace` is None if none could be made of the path, `file` if it could not be written.
    """

    path: tuple[Move, ...]
    depth: int
    trace: Trace | None
    file: Path | None


@dataclass(frozen=True)
class PathsFollowed:
    """The bundled implementation on paths spread over all states."""

    replays: tuple[Replay, ...]


@dataclass(frozen=True)
class Warned:
    """A warning: why the rows above may mean less than they seem."""

    text: str


Row = (
    Exploration
    | GraphSize
    | Liveness
    | StateChecks
    | InductiveCheck
    | QuorumProof
    | Proof
    | Counterexample
    | Replay
    | PathsFollowed
    | Warned
)
"""One thing that was looked at. An InductiveCheck is at the given sizes, a Proof at any; a Replay
is of the counterexample, on the bundled implementation."""


@dataclass(frozen=True)
class Begun:
    """Reported before the first row of a protocol."""

    protocol: type[Protocol]
    sizes: Sizes


@dataclass(frozen=True)
class VerifiedProtocol:
    """One protocol at given sizes: the rows in the order in which they were found.

    What was explored alone has a modification that is proved, and verified beside it.
    """

    protocol: type[Protocol]
    sizes: Sizes
    rows: tuple[Row, ...]
    explored_alone: bool = False

    def of(self, kind: type[T]) -> list[T]:
        """The rows of one kind."""
        return [row for row in self.rows if isinstance(row, kind)]

    def only(self, kind: type[T]) -> T | None:
        """The row of a kind that occurs at most once."""
        return next(iter(self.of(kind)), None)

    @property
    def exploration(self) -> Exploration:
        """The search, which every verification has."""
        (found,) = self.of(Exploration)
        return found

    @property
    def runs(self) -> TemporalVerdict:
        """The verdict on properties of runs; they hold if there are none."""
        found = self.only(Liveness)
        return TemporalVerdict.HOLDS if found is None else found.verdict

    @property
    def undefined(self) -> bool:
        """Whether a step or a property is undefined."""
        return Outcome.UNDEFINED is self.exploration.outcome or (
            self.runs is TemporalVerdict.UNDEFINED
        )

    @property
    def checks(self) -> list[StateCheck]:
        """Z3's check of the states, invariant by invariant."""
        return [check for row in self.of(StateChecks) for check in row.checks]

    @property
    def replays(self) -> list[Replay]:
        """All replays on the bundled implementation."""
        conformance = self.only(PathsFollowed)
        return [*self.of(Replay), *(conformance.replays if conformance else ())]

    @property
    def unknown(self) -> bool:
        """Whether the search or Z3 left something open."""
        induction = self.only(InductiveCheck)
        statuses = [check.status for check in self.checks]
        statuses += [o.status for o in induction.obligations] if induction else []
        ended = (Outcome.INTERRUPTED, Outcome.LIMIT, Outcome.OUT_OF_MEMORY, Outcome.WITHIN)
        unknown = ObligationStatus.UNKNOWN in statuses or self.exploration.outcome in ended
        return unknown or self.runs is TemporalVerdict.OPEN

    @property
    def broken(self) -> bool:
        """Whether a property is violated, or two quorums do not meet at these sizes."""
        violated = self.exploration.outcome is Outcome.VIOLATED
        violated = violated or self.runs is TemporalVerdict.VIOLATED
        return violated or any(q.refuted for q in self.of(QuorumProof))

    @property
    def unproved(self) -> list[str]:
        """What no run violates and no proof covers; it is never reported as a pass."""
        if self.explored_alone:
            return []
        if nothing := nothing_claimed(self.protocol):
            return [] if self.only(Liveness) or claimed_of_rest(self.protocol) else nothing
        name, found = self.protocol.__name__, []
        induction, proof = self.only(InductiveCheck), self.only(Proof)
        if induction is None or induction.status is not ObligationStatus.PROVED:
            found.append(f"{name} is not proved by induction at these sizes")
        elif proof is None or not proof.proved:
            found.append(f"{name} is not proved for other sizes")
        quorums = self.of(QuorumProof)
        return found + [f"not for every number of members: {s}" for s in not_always(quorums)]


class VerifyStatus(Enum):
    """The overall status: the first that applies, from the top."""

    UNDEFINED = "undefined"
    VIOLATED = "violated"
    NONCONFORMING = "does not conform"
    INCONCLUSIVE = "inconclusive"
    HOLDS = "holds"


@dataclass(frozen=True)
class VerifiedSystem:
    """What was found of a bundled system; or of a protocol by itself, which has no name here."""

    name: str | None
    protocols: tuple[VerifiedProtocol, ...]
    livelock: Livelock | None = None
    mutants: tuple[MutantResult, ...] = ()


@dataclass(frozen=True)
class Verification:
    """The results of all checks; counterexamples are in `folder`."""

    systems: tuple[VerifiedSystem, ...]
    seconds: float
    folder: Path

    @property
    def protocols(self) -> list[VerifiedProtocol]:
        """The protocols of all systems."""
        return [p for s in self.systems for p in s.protocols]

    @property
    def livelocks(self) -> list[Livelock]:
        """The livelocks of all systems."""
        return [s.livelock for s in self.systems if s.livelock is not None]

    @property
    def mutants(self) -> list[MutantResult]:
        """The mutants of all systems."""
        return [m for s in self.systems for m in s.mutants]

    @property
    def unproved(self) -> list[str]:
        """Everything that is neither violated nor proved."""
        return [text for p in self.protocols for text in p.unproved]

    def status(self, strict: bool = False) -> VerifyStatus:
        """The overall status; with `strict`, open if anything is unproved or has a warning."""
        if any(p.undefined for p in self.protocols):
            return VerifyStatus.UNDEFINED
        as_expected = all(found.as_expected for found in self.livelocks)
        if any(p.broken for p in self.protocols) or not as_expected:
            return VerifyStatus.VIOLATED
        verdicts = {r.verdict for p in self.protocols for r in p.replays}
        if ReplayVerdict.DIVERGES in verdicts or not all(m.as_expected for m in self.mutants):
            return VerifyStatus.NONCONFORMING
        unknown = ReplayVerdict.UNJUDGED in verdicts or any(p.unknown for p in self.protocols)
        doubtful = strict and any(p.unproved or p.of(Warned) for p in self.protocols)
        return VerifyStatus.INCONCLUSIVE if unknown or doubtful else VerifyStatus.HOLDS
