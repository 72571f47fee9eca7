"""The proposer: the leader of a ballot, once a quorum has promised it.

Everything that affects a proposer's state lives in this file.

Rules (Lamport, *Paxos Made Simple*, 2001, §2.2, §2.5 and §3):
1. A ballot is its own and above every ballot it ever used; the round is durable before the
   PREPARE leaves. There is one phase 1 for all slots.
2. It proposes in a slot only once a phase-1 quorum of that slot's acceptors has promised its
   ballot, each acceptor counted once, and only promises of that very ballot.
3. It proposes the decree of the highest-ballot vote in that slot among the promises, and its own
   only if no promise reports one.
4. It proposes at most once in each slot of a ballot. A promise that comes later counts in the slots
   in which it has not proposed.
5. It does not propose in slots that it did not ask for, or of which an acceptor has only a
   snapshot: these are chosen.
6. A decree is chosen once a phase-2 quorum of the slot's acceptors has voted for it in this ballot,
   each counted once.
7. After a restart it knows no ballot: it must prepare a new one.

The steps are those of `model/multipaxos.py`: `prepare`, `lead` and `propose` are taken by whoever
drives the proposer (`Replica` does). When to take one is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from quorate.impl.errors import ProtocolRefusal
from quorate.impl.outputs import Persist, Send
from quorate.impl.paxos.messages import Ballot
from quorate.impl.paxos.quorums import Quorums
from quorate.impl.tables import Table

from .configurations import Configurations
from .messages import Accept, Accepted, Decree, Heartbeat, Nack, Prepare, Promise, Vote
from .records import MultiPaxosOutputs, MultiPaxosState, RoundRecord

ProposerMessage: TypeAlias = Promise | Nack | Accepted
_Answer: TypeAlias = Callable[[ProposerMessage], MultiPaxosOutputs]


class Leadership(Enum):
    """Where a proposer stands in its current ballot."""

    IDLE = "no ballot"
    PREPARING = "phase 1"
    LEADING = "leads"


TABLE: Final[Table] = MappingProxyType(
    {
        (Promise, Leadership.IDLE): "ignore",
        (Promise, Leadership.PREPARING): "gather",
        (Promise, Leadership.LEADING): "gather",
        (Nack, Leadership.IDLE): "ignore",
        (Nack, Leadership.PREPARING): "yield_to",
        (Nack, Leadership.LEADING): "yield_to",
        (Accepted, Leadership.IDLE): "ignore",
        (Accepted, Leadership.PREPARING): "ignore",
        (Accepted, Leadership.LEADING): "count_vote",
    }
)


class Proposer:
    """One proposer. Only the round that it used is durable."""

    def __init__(
        self,
        name: str,
        configurations: Configurations,
        quorums: Callable[[Collection[str]], Quorums] = Quorums.majority,
        state: MultiPaxosState | None = None,
    ) -> None:
        """`configurations` are those of its replica's learner, which moves them on."""
        self.name = name
        self.configurations = configurations
        self.quorums = quorums
        self.round = self.restored_round(MultiPaxosState() if state is None else state)
        self.outbid = 0
        self.executed = 0
        self.ballot: Ballot | None = None
        self.leadership = Leadership.IDLE
        self.first = 0
        self._promises: tuple[Promise, ...] = ()
        self._best: dict[int, Vote] = {}
        self._proposed: dict[int, Decree] = {}
        self._voters: dict[int, tuple[str, ...]] = {}

    @property
    def promised_by(self) -> tuple[str, ...]:
        """Whose promises of the current ballot were counted, in that order."""
        return tuple(promise.acceptor for promise in self._promises)

    @property
    def recovered(self) -> Mapping[int, Decree]:
        """The decrees that a leader must repeat, by slot."""
        led = self.leadership is Leadership.LEADING
        return {slot: vote.decree for slot, vote in self._best.items()} if led else {}

    @property
    def proposed(self) -> Mapping[int, Decree]:
        """What it proposed in the current ballot, by slot."""
        return MappingProxyType(self._proposed)

    @property
    def furthest(self) -> Promise | None:
        """The promise of the acceptor that has given up most votes for a snapshot (rule 5)."""
        return max(self._promises, key=lambda promise: promise.trimmed, default=None)

    @property
    def trimmed(self) -> int:
        """How many slots are chosen, by the word of that acceptor."""
        return 0 if self.furthest is None else self.furthest.trimmed

    # Steps.

    def prepare(self, ballot: Ballot, first: int = 0) -> MultiPaxosOutputs:
        """Open a ballot, for all slots from `first` on: phase 1(a)."""
        self._check_fresh(ballot)
        self.round = ballot.round
        self.ballot, self.leadership, self.first = ballot, Leadership.PREPARING, first
        self._promises, self._best, self._proposed, self._voters = (), {}, {}, {}
        return (Persist(RoundRecord(ballot.round)), *self.ask_again())

    def ask_again(self) -> MultiPaxosOutputs:
        """Repeat the PREPARE to all who have not promised."""
        if self.ballot is None:
            return ()
        missing = [a for a in self.involved() if a not in self.promised_by]
        return tuple(Send(a, Prepare(self.ballot, self.first)) for a in missing)

    def lead(self) -> MultiPaxosOutputs:
        """A quorum has promised: from now on it proposes (rule 2)."""
        if self.leadership is not Leadership.PREPARING or not self.is_elected():
            raise ProtocolRefusal(f"No phase-1 quorum has promised a ballot of {self.name}.")
        self.leadership = Leadership.LEADING
        return ()

    def propose(self, slot: int, decree: Decree) -> MultiPaxosOutputs:
        """Ask for votes in a slot: phase 2(a). The decree may be another one (rule 3)."""
        self._check_may_propose(slot)
        self._proposed[slot] = self.safe_decree(slot, decree)
        self._voters[slot] = ()
        return self.propose_again(slot)

    def propose_again(self, slot: int) -> MultiPaxosOutputs:
        """Repeat the ACCEPT of a slot to all who have not voted, itself last: it writes first."""
        assert self.ballot is not None, "what was proposed was proposed in a ballot"
        message = Accept(self.ballot, slot, self._proposed[slot], self.executed)
        missing = [a for a in self.configurations.at(slot) if a not in self._voters[slot]]
        return tuple(Send(a, message) for a in sorted(missing, key=lambda a: a == self.name))

    def beat(self) -> MultiPaxosOutputs:
        """Tell all others that it leads, and what is chosen."""
        assert self.ballot is not None, "only a leader beats"
        message = Heartbeat(self.ballot, self.executed)
        return tuple(Send(a, message) for a in self.involved() if a != self.name)

    def step_down(self) -> None:
        """Give up the ballot: another one leads, or should."""
        self.ballot, self.leadership = None, Leadership.IDLE
        self._promises, self._best, self._proposed, self._voters = (), {}, {}, {}

    def forget(self, executed: int) -> None:
        """The first `executed` slots are chosen and executed: they need no more proposals."""
        if executed == self.executed:
            return
        self.executed = executed
        self._proposed = {s: decree for s, decree in self._proposed.items() if s >= executed}
        self._voters = {s: voters for s, voters in self._voters.items() if s >= executed}

    def receive(self, message: ProposerMessage) -> MultiPaxosOutputs:
        """Take a message; one of another ballot is stale and changes nothing (rule 2)."""
        if message.ballot != self.ballot:
            return ()
        rule = TABLE[type(message), self.leadership]
        return cast(_Answer, getattr(self, rule))(message)

    # The rules. Each is one method, so that a defect is one override.

    def restored_round(self, stored: MultiPaxosState) -> int:
        """What survives a restart: the highest round that it used (rule 1)."""
        return stored.round

    def involved(self) -> tuple[str, ...]:
        """The acceptors of the first slot that is not executed, or of a later one."""
        return self.configurations.involved(self.executed)

    def phase_one_done(self, slot: int) -> bool:
        """Whether a phase-1 quorum of the slot's acceptors has promised (rule 2)."""
        members = self.configurations.at(slot)
        heard = [a for a in self.promised_by if a in members]
        return self.quorums(members).phase1.met_by(heard)

    def is_elected(self) -> bool:
        """Whether a quorum has promised of the first slot that it will care for (rule 2)."""
        return self.phase_one_done(max(self.first, self.executed))

    def counts(self, acceptor: str) -> bool:
        """Whether a promise of this acceptor still counts: each one does once (rule 2)."""
        return acceptor not in self.promised_by

    def outranks(self, vote: Vote, best: Vote) -> bool:
        """Whether a reported vote replaces the best one so far in its slot (rule 3)."""
        return vote.ballot > best.ballot

    def safe_decree(self, slot: int, own: Decree) -> Decree:
        """The decree to propose: that of the best vote, else its own (rule 3)."""
        best = self._best.get(slot)
        return own if best is None else best.decree

    def is_open(self, slot: int) -> bool:
        """Whether it asked for the slot, and has not heard that it is chosen (rule 5)."""
        return slot >= max(self.first, self.trimmed, self.executed)

    def first_open(self) -> int:
        """The first slot that a leader has to care for."""
        return self.executed

    def next_slot(self, known: Container[int] = ()) -> int | None:
        """The first slot without a proposal, whose decree is not known, if it may propose there."""
        slot = self.first_open()
        while slot in self._proposed or slot in known:
            slot += 1
        return slot if self.may_propose(slot) else None

    def recovers(self, slot: int) -> bool:
        """Whether others proposed in this slot or a later one: a hole before that gets a no-op."""
        return slot <= max(self.recovered, default=-1)

    def counts_vote(self, acceptor: str, slot: int) -> bool:
        """Whether a vote still counts in the slot: one of each acceptor does (rule 6)."""
        return acceptor not in self._voters[slot]

    def is_chosen(self, slot: int) -> bool:
        """Whether a phase-2 quorum has voted for what it proposed in the slot (rule 6)."""
        return slot in self._proposed and self.is_decided_by(self.configurations.at(slot), slot)

    def is_decided_by(self, members: tuple[str, ...], slot: int) -> bool:
        """Whether a phase-2 quorum of these has voted for what it proposed (rule 6)."""
        voters = [a for a in self._voters.get(slot, ()) if a in members]
        return self.quorums(members).phase2.met_by(voters)

    def is_prepared(self) -> bool:
        """Whether a quorum has promised of each membership that is, or is to come (rule 2)."""
        return all(self.phase_one_done(first) for first in self._beginnings())

    def may_propose(self, slot: int) -> bool:
        """Whether it leads, the slot's acceptors are known, and a quorum of them has promised."""
        known = self.configurations.knows(slot, self.executed)
        return known and self.leadership is Leadership.LEADING and self.phase_one_done(slot)

    # The answers that the table names.

    def ignore(self, message: ProposerMessage) -> MultiPaxosOutputs:
        """Nothing changes."""
        del message
        return ()

    def gather(self, message: Promise) -> MultiPaxosOutputs:
        """Count a promise, and the votes that it reports. Leading is a step of its own."""
        if not self.counts(message.acceptor):
            return ()
        self._promises += (message,)
        for slot, vote in message.votes:
            best = self._best.get(slot)
            if best is None or self.outranks(vote, best):
                self._best[slot] = vote
        return ()

    def yield_to(self, message: Nack) -> MultiPaxosOutputs:
        """Remember whom to outbid, and step back (§2.4)."""
        self.outbid = max(self.outbid, message.promised.round)
        self.step_down()
        return ()

    def count_vote(self, message: Accepted) -> MultiPaxosOutputs:
        """Count a vote. Whether its slot is chosen is then to be asked."""
        slot = message.slot
        if slot in self._proposed and self.counts_vote(message.acceptor, slot):
            self._voters[slot] += (message.acceptor,)
        return ()

    def _beginnings(self) -> list[int]:
        memberships = self.configurations.since(self.executed)
        return [max(m.first, self.executed) for m in memberships]

    def _check_fresh(self, ballot: Ballot) -> None:
        if ballot.proposer != self.name:
            raise ProtocolRefusal(f"Ballot {ballot} belongs to {ballot.proposer}, not {self.name}.")
        if ballot.round <= self.round:
            raise ProtocolRefusal(
                f"{self.name} has already used round {self.round}; ballot {ballot} is not above it."
            )

    def _check_may_propose(self, slot: int) -> None:
        if not self.may_propose(slot):
            raise ProtocolRefusal(f"{self.name} may not propose in slot {slot} now.")
        if slot in self._proposed:
            raise ProtocolRefusal(f"{self.name} has already proposed in slot {slot}.")
        if not self.is_open(slot):
            raise ProtocolRefusal(f"Slot {slot} is chosen; {self.name} has to learn it.")
