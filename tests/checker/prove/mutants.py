"""The bundled proofs with one real bug each: the mutants of the models, and more of the same kind.

The codes are those of `quorate.model.mutants`. A bug that exists there is taken from there; the
others are what the same mistake looks like in Paxos as messages, in Flexible and Multi-Paxos.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from quorate.model.flexible_paxos import FlexiblePaxos, Phase1
from quorate.model.language import (
    Flexible,
    Map,
    Protocol,
    action,
    define,
    durable,
    invariant,
    require,
    volatile,
)
from quorate.model.multipaxos import Accept as AcceptIn
from quorate.model.multipaxos import Accepted as AcceptedIn
from quorate.model.multipaxos import Acceptor as Follower
from quorate.model.multipaxos import Ballot as Epoch
from quorate.model.multipaxos import MultiPaxos, Slot
from quorate.model.multipaxos import Prepare as PrepareAll
from quorate.model.multipaxos import Promise as PromiseAll
from quorate.model.multipaxos import Proposer as Leader
from quorate.model.multipaxos import Value as Command
from quorate.model.mutants import MUTANTS
from quorate.model.mutants import multipaxos as broken_multipaxos
from quorate.model.paxos import (
    Accept,
    Accepted,
    Acceptor,
    Ballot,
    Paxos,
    Prepare,
    Promise,
    Quorum,
    Value,
)
from quorate.model.paxos_roles import Accept as Proposal
from quorate.model.paxos_roles import Accepted as Vote
from quorate.model.paxos_roles import Acceptor as Voter
from quorate.model.paxos_roles import Ballot as Number
from quorate.model.paxos_roles import PaxosRoles, Proposer
from quorate.model.paxos_roles import Promise as Answer
from quorate.model.proofs.paxos import ProvedMultiPaxos, ProvedPaxosRoles
from quorate.model.proofs.two_phase_commit import ProvedTwoPhaseCommit
from quorate.model.two_phase_commit import TwoPhaseCommit

from ...support.protocols import broken_paxos

# ---------------------------------------------------------------- Paxos as messages


class LowestVote(Paxos):
    @action
    def phase2a(self, b: Ballot, v: Value, q: Quorum) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(m.vb <= n.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))


class SilentPromise(Paxos):
    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(Prepare(b) in self.sent)
        require(self.max_bal[a] < b)
        self.sent.add(Promise(a, b, Ballot.never, None))
        self.max_bal[a] = b


class VoteRaisesNothing(Paxos):
    @action
    def phase2b(self, a: Acceptor, b: Ballot, v: Value) -> None:
        require(Accept(b, v) in self.sent)
        require(self.max_bal[a] <= b)
        self.sent.add(Accepted(a, b, v))
        self.max_vbal[a] = b
        self.max_val[a] = v


class PromiseOfSight(Paxos):
    """What is reported is the last ballot seen, not the one of the vote."""

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(Prepare(b) in self.sent)
        require(self.max_bal[a] < b)
        self.sent.add(Promise(a, b, self.max_bal[a], self.max_val[a]))
        self.max_bal[a] = b


class Few(Flexible[Acceptor], size=lambda n: n // 2, meets=()): ...


class HalfPromises(Paxos):
    @action
    def phase2a(self, b: Ballot, v: Value, q: Few) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))


class Restarts(Paxos):
    """An acceptor forgets its promise."""

    max_bal: Map[Acceptor, Ballot] = volatile(Ballot.never)
    faults: ClassVar[Mapping[str, int]] = {"crash": 1}

    @action(fault="crash")
    def restart(self, a: Acceptor) -> None:
        self.crash(a)


class RestartsFromVote(Restarts):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action(fault="crash")
    def restart(self, a: Acceptor) -> None:
        self.max_bal[a] = self.max_vbal[a]


class RestartsWithoutVote(Restarts):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    max_vbal: Map[Acceptor, Ballot] = volatile(Ballot.never)
    max_val: Map[Acceptor, Value | None] = volatile(None)


class RestartsEmpty(RestartsWithoutVote):
    max_bal: Map[Acceptor, Ballot] = volatile(Ballot.never)


# ---------------------------------------------------------------- Flexible Paxos


class FlexibleAnyValue(FlexiblePaxos):
    @action
    def phase2a(self, b: Ballot, v: Value, q: Phase1) -> None:  # type: ignore[override]
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        self.sent.add(Accept(b, v))


class FlexibleTwoAccepts(FlexiblePaxos):
    @action
    def phase2a(self, b: Ballot, v: Value, q: Phase1) -> None:  # type: ignore[override]
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))


class FlexibleHalfPromises(HalfPromises, FlexiblePaxos): ...


class FlexibleNoPhase1(broken_paxos.NoPhase1, FlexiblePaxos): ...


class FlexibleLowestVote(FlexiblePaxos):
    @action
    def phase2a(self, b: Ballot, v: Value, q: Phase1) -> None:  # type: ignore[override]
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(m.vb <= n.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))


def flexible(mutant: type[Protocol]) -> type[Protocol]:
    """The same mistake of an acceptor in Flexible Paxos."""
    return type(f"Flexible{mutant.__name__}", (mutant, FlexiblePaxos), {"__module__": __name__})


# ---------------------------------------------------------------- Paxos by roles


# ---------------------------------------------------------------- Multi-Paxos


class Minority(Flexible[Follower], size=lambda n: n // 2, meets=()): ...


class MultiHalfVotes(MultiPaxos):
    @define
    def chosen(self, b: Epoch, s: Slot, v: Command) -> bool:
        return any(all(AcceptedIn(a, b, s, v) in self.sent for a in q) for q in Minority)


class MultiSharedBallot(MultiPaxos):
    @action
    def prepare(self, p: Leader, b: Epoch) -> None:
        require(self.ballot[p] < b)
        self.ballot[p] = b
        self.leads[p] = False
        for s in Slot:
            self.recovered[p, s] = None
        self.sent.add(PrepareAll(b))

    @action
    def propose(self, p: Leader, s: Slot, v: Command) -> None:
        require(self.leads[p])
        require(self.is_safe(p, s, v))
        self.sent.add(AcceptIn(self.ballot[p], s, v))


class MultiPromiseOfSight(MultiPaxos):
    @action
    def promise(self, a: Follower, m: PrepareAll) -> None:
        require(self.promised[a] < m.b)
        ballots = {s: self.promised[a] for s in Slot}  # noqa: C420
        values = {s: self.voted_value[a, s] for s in Slot}
        self.sent.add(PromiseAll(a, m.b, ballots, values))
        self.promised[a] = m.b


# ---------------------------------------------------------------- what changes nothing that matters


class ProvedPromiseOnceMore(MUTANTS["promise-once-more"].protocol, ProvedPaxosRoles):  # type: ignore[misc]
    """E1: a promise may report a vote in its own ballot, so `<` becomes `<=` in what is proved."""

    @invariant
    def debts_are_current(self) -> bool:
        return all(
            (
                self.owes_promise[a] == Number.never
                or (
                    self.owes_promise[a] == self.promised[a]
                    and self.owes_accepted[a] == Number.never
                    and not any(m.a == a and m.b == self.owes_promise[a] for m in self.sent[Answer])
                )
            )
            and (
                self.owes_accepted[a] == Number.never
                or (
                    self.owes_accepted[a] == self.promised[a]
                    and self.owes_accepted[a] == self.voted_ballot[a]
                )
            )
            for a in Voter
        )

    @invariant
    def promises_are_honest(self) -> bool:
        return all(
            m.b != Number.never
            and m.vb <= m.b
            and (
                m.v is None
                if m.vb == Number.never
                else any(n.b == m.vb and n.v == m.v for n in self.sent[Proposal])
            )
            and not any(n.a == m.a and m.vb < n.b and n.b < m.b for n in self.sent[Vote])
            for m in self.sent[Answer]
        )

    @invariant
    def the_best_vote_was_proposed(self) -> bool:
        return all(
            self.best_value[p] is None
            if self.best_ballot[p] == Number.never
            else self.best_ballot[p] <= self.ballot[p]
            and any(
                m.b == self.best_ballot[p] and m.v == self.best_value[p]
                for m in self.sent[Proposal]
            )
            for p in Proposer
        )


# ---------------------------------------------------------------- the table


@dataclass(frozen=True)
class Case:
    """A mutant with its companions, and the obligation that fails at these sizes.

    `invariant` is None where the step is one that the language forbids: a second message of a key.
    """

    code: str
    protocol: Any
    action: str
    invariant: str | None
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.protocol.__name__}-{self.code}"


def companioned(protocol: Any) -> Any:
    """A mutant of a bundled protocol with the companions that this is proved with."""
    for base, proved in (
        (PaxosRoles, ProvedPaxosRoles),
        (MultiPaxos, ProvedMultiPaxos),
        (TwoPhaseCommit, ProvedTwoPhaseCommit),
    ):
        if issubclass(protocol, base) and not issubclass(protocol, proved):
            return type(protocol.__name__, (protocol, proved), {"__module__": __name__})
    return protocol


def bundled(name: str, action: str, invariant: str, **sizes: int) -> Case:
    mutant = MUTANTS[name]
    return Case(mutant.code, companioned(mutant.protocol), action, invariant, sizes)


def acceptors() -> list[Case]:
    """Mistakes of an acceptor: the same in Paxos and in Flexible Paxos."""
    both = [
        Case("P3", SilentPromise, "phase1b", "promises_are_honest"),
        Case("P4", VoteRaisesNothing, "phase2b", "latest_vote_is_recorded"),
        Case("P5", broken_paxos.VoteWithoutComparing, "phase2b", "earlier_ballots_are_closed"),
        Case("P7", broken_paxos.NoPromiseCheck, "phase1b", "earlier_ballots_are_closed"),
        Case("P8", broken_paxos.PromiseNotRecorded, "phase1b", "promises_are_honest"),
        Case("P18", Restarts, "restart", "earlier_ballots_are_closed"),
        Case("P19", RestartsFromVote, "restart", "earlier_ballots_are_closed"),
        Case("P20", RestartsWithoutVote, "restart", "votes_were_proposed"),
        Case("P21", RestartsEmpty, "restart", "earlier_ballots_are_closed"),
        Case("M9", PromiseOfSight, "phase1b", "promises_are_honest"),
    ]
    return [*both, *(Case(x.code, flexible(x.protocol), x.action, x.invariant) for x in both)]


CLOSED = "earlier_ballots_are_closed"
PAXOS = [
    Case("P1", LowestVote, "phase2a", CLOSED, {"Ballot": 3}),
    Case("P1", broken_paxos.NotHighestVote, "phase2a", CLOSED, {"Ballot": 3}),
    Case("P2", broken_paxos.AnyValue, "phase2a", CLOSED),
    Case("P9", broken_paxos.NoPhase1, "phase2a", CLOSED),
    Case("P10", HalfPromises, "phase2a", CLOSED),
    Case("P11", broken_paxos.DisjointQuorums, "phase2a", CLOSED),
    Case("P15", broken_paxos.TwoAccepts, "phase2a", None),
    Case("P1", FlexibleLowestVote, "phase2a", CLOSED, {"Ballot": 3}),
    Case("P2", FlexibleAnyValue, "phase2a", CLOSED),
    Case("P9", FlexibleNoPhase1, "phase2a", CLOSED),
    Case("P11", FlexibleHalfPromises, "phase2a", CLOSED),
    Case("P15", FlexibleTwoAccepts, "phase2a", None),
    *acceptors(),
]
MULTI = [
    Case(x.code, companioned(x.protocol), x.action, x.invariant, x.sizes)
    for x in (
        Case(
            "MP1",
            broken_multipaxos.LowestVote,
            "lead",
            "leaders_know_what_may_be_chosen",
            {"Ballot": 3},
        ),
        Case("MP3", broken_multipaxos.SilentPromise, "promise", "promises_are_honest"),
        Case("MP4", broken_multipaxos.VoteRaisesNothing, "accept", "latest_votes_are_recorded"),
        Case("MP5", broken_multipaxos.VoteAnyway, "accept", CLOSED),
        Case("MP7", broken_multipaxos.PromiseAnyway, "promise", CLOSED),
        Case("MP8", broken_multipaxos.PromiseUnrecorded, "promise", "promises_are_kept"),
        Case("MP9", broken_multipaxos.NoPhase1, "lead", "leaders_know_what_may_be_chosen"),
        Case("P15", MultiSharedBallot, "propose", None),
        Case("MP18", broken_multipaxos.PromiseVolatile, "crash_acceptor", CLOSED),
        Case("MP20", broken_multipaxos.VoteVolatile, "crash_acceptor", "votes_were_proposed"),
        Case("MP21", broken_multipaxos.AllVolatile, "crash_acceptor", CLOSED),
        Case("M3", MUTANTS["ignores-recovered"].protocol, "propose", CLOSED),
        Case("M6", MultiHalfVotes, "accept", "agreement"),
        Case("M9", MultiPromiseOfSight, "promise", "promises_are_honest"),
    )
]
ROLES = [
    bundled("lowest-vote", "receive_promise", "promises_were_received", Ballot=3),
    bundled("own-value", "propose", CLOSED),
    bundled("silent-promise", "reply_promise", "promises_are_honest"),
    bundled("vote-raises-nothing", "receive_accept", "votes_are_recorded"),
    bundled("vote-anyway", "receive_accept", CLOSED),
    bundled("promise-anyway", "receive_prepare", CLOSED),
    bundled("promise-unrecorded", "receive_prepare", "debts_are_current"),
    bundled("no-phase1", "propose", CLOSED),
    bundled("half-votes", "receive_accepted", "what_is_committed_was_chosen"),
    bundled("disjoint-quorums", "receive_accepted", "what_is_committed_was_chosen"),
    bundled("promise-twice", "propose", CLOSED),
    bundled("accepted-twice", "receive_accepted", "what_is_committed_was_chosen"),
    bundled("across-ballots", "receive_accepted", "what_is_committed_was_chosen"),
    bundled("shared-ballot", "prepare", "ballots_have_one_owner", Proposer=2),
    bundled("stale-promise", "receive_promise", "promises_were_received"),
    bundled("late-promise", "receive_promise", "proposals_are_their_owners"),
    bundled("promise-volatile", "crash_acceptor", CLOSED),
    bundled("promise-from-vote", "crash_acceptor", CLOSED),
    bundled("vote-volatile", "crash_acceptor", "persist_before_reply"),
    bundled("all-volatile", "crash_acceptor", CLOSED),
    bundled("counter-forgotten", "prepare", "proposals_are_their_owners"),
]
COMMIT = [
    bundled("forgets-decision", "crash_coordinator", "what_is_announced_is_logged"),
    bundled("breaks-vote", "give_up", "commit_needs_every_vote"),
]
HARMLESS = [
    ("E1", ProvedPromiseOnceMore),
    ("E2", companioned(MUTANTS["keeps-higher-vote"].protocol)),
    ("L1", companioned(MUTANTS["accepts-above"].protocol)),
]
SMALLEST = {
    "Proposer": 1,
    "Acceptor": 3,
    "Learner": 1,
    "Value": 2,
    "Ballot": 2,
    "Slot": 1,
    "Count": 2,
    "Coordinator": 1,
    "Participant": 2,
}
