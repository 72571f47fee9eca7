"""Refinement mappings: how a state of one protocol is read as a state of a simpler one.

Abadi and Lamport: The Existence of Refinement Mappings (1991). A mapping is a plain function from
the concrete protocol, whose state it reads as an invariant does, to the variables of the abstract
one. `quorate.checker.refine` checks that every concrete step, so read, is a step of the abstract
protocol or changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import consensus, log, multipaxos, multipaxos_log, paxos, paxos_roles, refined, voting
from .language import Protocol
from .proofs import paxos as proofs
from .proofs import refinement as refinement_lemmas
from .proofs.raft_agreed import ProvedRecordedRaft

Abstracted = Mapping[str, Any]


@dataclass(frozen=True)
class Refinement:
    """The claim that `concrete` implements `abstract`, read through `mapping`.

    The sorts of the two are matched by name; `sorts` gives those that are named differently, as
    concrete: abstract. Elements, records and messages of matched classes stand for each other.
    `steps` is how many steps of the abstract protocol one concrete step may take at once. `lemmas`
    is a modification of `concrete` that adds invariants alone: those that a proof needs.
    """

    concrete: type[Protocol]
    abstract: type[Protocol]
    mapping: Callable[[Any], Abstracted]
    sorts: Mapping[type, type] = field(default_factory=dict)
    steps: int = 1
    lemmas: type[Protocol] | None = None

    def __str__(self) -> str:
        return f"{self.concrete.__name__} refines {self.abstract.__name__}"


def refinement(
    concrete: type[Protocol],
    abstract: type[Protocol],
    *,
    sorts: Mapping[type, type] | None = None,
    steps: int = 1,
    lemmas: type[Protocol] | None = None,
) -> Callable[[Callable[[Any], Abstracted]], Refinement]:
    """Declare a function to be the mapping of a refinement."""
    if steps < 1:
        raise ValueError(f"steps={steps}: one concrete step takes at least one abstract step")

    def declare(mapping: Callable[[Any], Abstracted]) -> Refinement:
        return Refinement(concrete, abstract, mapping, dict(sorts or {}), steps, lemmas)

    return declare


@dataclass(frozen=True)
class AsItIs:
    """The mapping that leaves these variables as they are."""

    names: tuple[str, ...]
    __name__ = "as_it_is"

    def __call__(self, state: Any) -> Abstracted:
        return {name: getattr(state, name) for name in self.names}


def identity(concrete: type[Protocol], abstract: type[Protocol]) -> Refinement:
    """The mapping of a protocol to one that it modifies: every variable as it is."""
    return Refinement(concrete, abstract, AsItIs(tuple(abstract.variables())))


@refinement(
    concrete=paxos_roles.PaxosRoles,
    abstract=paxos.Paxos,
    steps=2,
    lemmas=refinement_lemmas.PaxosRolesAsPaxos,
)
def paxos_roles_to_paxos(self: paxos_roles.PaxosRoles) -> Abstracted:
    """Only what others can know has happened: what was sent, and the votes that promises report.

    A vote that is persisted but was never told of can still be overwritten after a crash, as if it
    had never been. So a promise that is the first to tell of a vote is two steps of Paxos at once:
    the vote and the promise.
    """
    promises = self.sent[paxos_roles.Promise]
    votes = {
        *self.sent[paxos_roles.Accepted],
        *(paxos_roles.Accepted(m.a, m.vb, m.v) for m in promises if m.v is not None),
    }
    never = paxos_roles.Ballot.never
    last = {a: max((m.b for m in votes if m.a == a), default=never) for a in paxos_roles.Acceptor}
    told = {
        a: max((m.b for m in promises if m.a == a), default=never) for a in paxos_roles.Acceptor
    }
    return {
        "max_bal": {a: max(told[a], last[a]) for a in paxos_roles.Acceptor},
        "max_vbal": {a: last[a] for a in paxos_roles.Acceptor},
        "max_val": {
            a: next((m.v for m in votes if m.a == a and m.b == last[a]), None)
            for a in paxos_roles.Acceptor
        },
        "sent": {
            *self.sent[paxos_roles.Prepare],
            *promises,
            *self.sent[paxos_roles.Accept],
            *votes,
        },
    }


@refinement(concrete=paxos.Paxos, abstract=voting.Voting, lemmas=proofs.ProvedPaxos)
def paxos_to_voting(self: paxos.Paxos) -> Abstracted:
    """An acceptor has voted for what it has sent in its messages 2b."""
    votes = self.sent[paxos.Accepted]
    return {
        "votes": {a: {voting.Vote(m.b, m.v) for m in votes if m.a == a} for a in paxos.Acceptor},
        "max_bal": {a: self.max_bal[a] for a in paxos.Acceptor},
    }


@refinement(concrete=voting.Voting, abstract=consensus.Consensus)
def voting_to_consensus(self: voting.Voting) -> Abstracted:
    """A value is chosen when a quorum has voted for it in one ballot."""
    return {"chosen": {v for v in voting.Value if any(self.chosen_at(b, v) for b in voting.Ballot)}}


@refinement(
    concrete=paxos_roles.PaxosRoles,
    abstract=consensus.Consensus,
    lemmas=proofs.ProvedPaxosRoles,
)
def paxos_roles_to_consensus(self: paxos_roles.PaxosRoles) -> Abstracted:
    """A value is chosen when the first learner commits it: what a client sees."""
    return {
        "chosen": {
            v
            for v in paxos_roles.Value
            if any(self.committed[learner] == v for learner in paxos_roles.Learner)
        }
    }


@refinement(
    concrete=refined.WatchedMultiPaxos,
    abstract=paxos.Paxos,
    lemmas=refinement_lemmas.MultiPaxosAsPaxos,
)
def multipaxos_to_paxos(self: refined.WatchedMultiPaxos) -> Abstracted:
    """What is said of the watched slot. A vote in another slot may raise the promise of its
    acceptor: nobody is told of it, so here the promise is the highest that was told of.
    """
    promises = self.sent[multipaxos.Promise]
    votes = {m for m in self.sent[multipaxos.Accepted] if m.s == self.watched}
    never = multipaxos.Ballot.never
    told = {a: max((m.b for m in promises if m.a == a), default=never) for a in multipaxos.Acceptor}
    last = {a: max((m.b for m in votes if m.a == a), default=never) for a in multipaxos.Acceptor}
    return {
        "max_bal": {a: max(told[a], last[a]) for a in multipaxos.Acceptor},
        "max_vbal": {a: last[a] for a in multipaxos.Acceptor},
        "max_val": {
            a: next((m.v for m in votes if m.a == a and m.b == last[a]), None)
            for a in multipaxos.Acceptor
        },
        "sent": {
            *self.sent[multipaxos.Prepare],
            *(
                paxos.Promise(m.a, m.b, m.ballots[self.watched], m.values[self.watched])
                for m in promises
                if self.watched is not None
            ),
            *(paxos.Accept(m.b, m.v) for m in self.sent[multipaxos.Accept] if m.s == self.watched),
            *(paxos.Accepted(m.a, m.b, m.v) for m in votes),
        },
    }


@refinement(concrete=multipaxos_log.MultiPaxosLog, abstract=log.SlotLog)
def multipaxos_log_to_log(self: multipaxos_log.MultiPaxosLog) -> Abstracted:
    """What the first learner to come so far has executed: what clients see."""
    return {
        "entries": {
            s: next(
                (
                    self.executed[x, s]
                    for x in multipaxos_log.Learner
                    if multipaxos_log.Slot.zero < s and s <= self.done[x]
                ),
                None,
            )
            for s in multipaxos_log.Slot
        }
    }


@refinement(concrete=refined.RecordedRaft, abstract=log.GrowingLog, lemmas=ProvedRecordedRaft)
def raft_to_log(self: refined.RecordedRaft) -> Abstracted:
    """The commands that are known to be committed."""
    return {"log": tuple(entry.v for entry in self.agreed)}


BUNDLED: tuple[Refinement, ...] = (
    paxos_roles_to_paxos,
    paxos_roles_to_consensus,
    paxos_to_voting,
    voting_to_consensus,
    multipaxos_to_paxos,
    multipaxos_log_to_log,
    raft_to_log,
)
