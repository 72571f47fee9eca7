"""The proposer: it finds out which value is still safe, and asks for votes on it.

Everything that affects a proposer's state lives in this file.

Rules (Lamport, *Paxos Made Simple*, 2001, §2.2 and §2.4):
1. A ballot is its own and above every ballot it ever used; the round is durable
   before the PREPARE leaves.
2. It proposes only once a phase-1 quorum has promised its ballot, each acceptor
   counted once, and only promises of that very ballot.
3. It proposes the value of the highest-ballot vote among the promises, and its own
   only if no promise reports a vote (phase 2(a)).
4. It proposes at most once per ballot. A promise that arrives later changes nothing.
5. After a restart it knows no ballot: it must prepare a new one.

`prepare` and `propose` are single steps. `request` runs them on its own: it picks
ballots, proposes at the quorum, and tries again after a randomised delay (§2.4,
progress). Neither reads a clock; delays are outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from quorate.impl.backoff import Backoff
from quorate.impl.envelope import Value
from quorate.impl.errors import ProtocolRefusal
from quorate.impl.outputs import Persist
from quorate.impl.tables import Table, misdirected

from .messages import Accept, Ballot, Message, Nack, Prepare, Promise, Vote
from .outputs import Broadcast, Outputs, Role, SetTimer
from .quorums import Quorums
from .records import ProposerRecord

RETRY: Final = "proposer.retry"

_Answer: TypeAlias = Callable[[Message], Outputs]


class Phase(Enum):
    """Where a proposer stands in its current ballot."""

    IDLE = "no ballot"
    PREPARING = "phase 1"
    PROPOSED = "phase 2"


TABLE: Final[Table] = MappingProxyType(
    {
        (Promise, Phase.IDLE): "ignore",
        (Promise, Phase.PREPARING): "gather",
        (Promise, Phase.PROPOSED): "ignore",
        (Nack, Phase.IDLE): "ignore",
        (Nack, Phase.PREPARING): "yield_to",
        (Nack, Phase.PROPOSED): "yield_to",
    }
)


class Proposer:
    """One proposer. Its round is volatile; only `record` survives a crash."""

    def __init__(
        self,
        name: str,
        acceptors: Collection[str],
        quorums: Quorums | None = None,
        record: ProposerRecord | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self.name = name
        self.acceptors = tuple(acceptors)
        self.quorums = Quorums.majority(self.acceptors) if quorums is None else quorums
        self.record = self.restored(ProposerRecord() if record is None else record)
        self.ballot: Ballot | None = None
        self.best: Vote | None = None
        self.proposed: Value | None = None
        self.wanted: Value | None = None
        self._promised_by: tuple[str, ...] = ()
        self._outbid_round = 0
        self._attempts = 0
        self._backoff = Backoff() if backoff is None else backoff

    @classmethod
    def recover(
        cls,
        name: str,
        acceptors: Collection[str],
        quorums: Quorums | None,
        stored: ProposerRecord | None,
        backoff: Backoff | None = None,
    ) -> Proposer:
        """The proposer after a restart: idle, but no ballot of the past is used again (rule 5)."""
        return cls(name, acceptors, quorums, stored, backoff)

    @property
    def phase(self) -> Phase:
        """Where the current ballot stands."""
        if self.ballot is None:
            return Phase.IDLE
        return Phase.PREPARING if self.proposed is None else Phase.PROPOSED

    @property
    def promises(self) -> frozenset[str]:
        """The acceptors that promised the current ballot."""
        return frozenset(self._promised_by)

    @property
    def promise_count(self) -> int:
        """How many promises were counted; equal to `len(promises)` unless counting is broken."""
        return len(self._promised_by)

    # Steps.

    def prepare(self, ballot: Ballot) -> Outputs:
        """Open a ballot: phase 1(a). Anything else than a fresh ballot of its own is refused."""
        self._check_fresh(ballot)
        self.record = ProposerRecord(round=ballot.round)
        self.ballot, self.best, self.proposed, self._promised_by = ballot, None, None, ()
        return (Persist(self.record), Broadcast(Role.ACCEPTORS, Prepare(ballot)))

    def propose(self, value: Value) -> Outputs:
        """Ask for votes: phase 2(a). The value asked for may be another one (rule 3)."""
        ballot = self._check_may_propose()
        self.proposed = self.safe_value(value)
        return (Broadcast(Role.ACCEPTORS, Accept(ballot, self.proposed)),)

    def receive(self, message: Message) -> Outputs:
        """Take a PROMISE or a NACK; one of another ballot is stale and changes nothing (rule 2)."""
        if not isinstance(message, (Promise, Nack)):
            raise misdirected("A proposer", message)
        if not self.is_current(message):
            return ()
        rule = TABLE[type(message), self.phase]
        return cast(_Answer, getattr(self, rule))(message)

    # Driving the steps for a client.

    def request(self, value: Value) -> Outputs:
        """Get a value chosen, this one unless another is already. One request at a time."""
        if self.wanted is not None:
            return ()
        self.wanted, self._attempts = value, 0
        return self._next_ballot()

    def timeout(self, name: str) -> Outputs:
        """The retry timer ran out: nothing was learned in time, so outbid whoever is active."""
        return self._next_ballot() if name == RETRY and self.wanted is not None else ()

    def settle(self) -> None:
        """A value was learned: stop trying."""
        self.wanted = None

    # The rules. Each is one method, so that a defect is one override.

    def restored(self, stored: ProposerRecord) -> ProposerRecord:
        """What survives a restart: the highest round that it used (rule 1)."""
        return stored

    def owns(self, ballot: Ballot) -> bool:
        """Whether a ballot is its own (rule 1)."""
        return ballot.proposer == self.name

    def is_current(self, message: Promise | Nack) -> bool:
        """Whether a message is about the current ballot (rule 2)."""
        return message.ballot == self.ballot

    def phase_one_done(self) -> bool:
        """Whether a phase-1 quorum has promised the current ballot (rule 2)."""
        return self.quorums.phase1.met_by(self._promised_by)

    def counts(self, acceptor: str) -> bool:
        """Whether a promise of this acceptor still counts: each one does once (rule 2)."""
        return acceptor not in self._promised_by

    def outranks(self, vote: Vote, best: Vote) -> bool:
        """Whether a reported vote replaces the best one so far (rule 3)."""
        return vote.ballot > best.ballot

    def safe_value(self, own: Value) -> Value:
        """The value to propose: that of the best vote, else its own (rule 3)."""
        return own if self.best is None else self.best.value

    # The answers that the table names.

    def ignore(self, message: Message) -> Outputs:
        """Nothing changes (rule 4)."""
        del message
        return ()

    def gather(self, message: Promise) -> Outputs:
        """Count a promise and the vote it reports; propose if a request waits for the quorum."""
        if message.acceptor not in self.acceptors or not self.counts(message.acceptor):
            return ()
        self._promised_by += (message.acceptor,)
        vote = message.accepted
        if vote is not None and (self.best is None or self.outranks(vote, self.best)):
            self.best = vote
        ready = self.wanted is not None and self.phase_one_done()
        return self.propose(cast(Value, self.wanted)) if ready else ()

    def yield_to(self, message: Nack) -> Outputs:
        """Remember whom to outbid, and step back for a random while (§2.4)."""
        news = message.promised.round > self._outbid_round
        self._outbid_round = max(self._outbid_round, message.promised.round)
        return (self._retry_later(),) if news and self.wanted is not None else ()

    def _next_ballot(self) -> Outputs:
        round_ = max(self.record.round, self._outbid_round) + 1
        self._attempts += 1
        return (*self.prepare(Ballot(round_, self.name)), self._retry_later())

    def _retry_later(self) -> SetTimer:
        return SetTimer(RETRY, self._backoff.delay_s(self._attempts))

    def _check_fresh(self, ballot: Ballot) -> None:
        if not self.owns(ballot):
            raise ProtocolRefusal(f"Ballot {ballot} belongs to {ballot.proposer}, not {self.name}.")
        if ballot.round <= self.record.round:
            raise ProtocolRefusal(
                f"{self.name} has already used round {self.record.round}; "
                f"ballot {ballot} is not above it."
            )

    def _check_may_propose(self) -> Ballot:
        if self.ballot is None:
            raise ProtocolRefusal(f"{self.name} has not prepared a ballot.")
        if self.proposed is not None:
            raise ProtocolRefusal(f"{self.name} has already proposed in ballot {self.ballot}.")
        if not self.phase_one_done():
            raise ProtocolRefusal(
                f"No phase-1 quorum has promised ballot {self.ballot}: "
                f"{self.promise_count} of {len(self.acceptors)} acceptors have."
            )
        return self.ballot
