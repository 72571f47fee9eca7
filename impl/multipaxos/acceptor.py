"""The acceptor: the memory of the protocol, one promise and a vote in each slot.

Everything that affects an acceptor's state lives in this file.

Rules (Lamport, *Paxos Made Simple*, 2001, §2.2 and §3):
1. It promises a ballot above every ballot it has promised, for all slots at once, and reports its
   latest vote in each slot asked for.
2. It votes in a ballot unless it has promised a higher one. Voting promises that ballot too.
3. Promise and vote are durable *before* the reply leaves.
4. A duplicate is answered only by the very reply that was given before: a PREPARE repeated after
   a vote in its ballot gets none, because the report would differ.
5. What is refused is refused aloud, so that a proposer knows what to outbid.
6. Votes before a snapshot are given up. A promise says how far: those slots are chosen, and a
   leader must learn them, not propose in them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from quorate.impl.errors import SafetyViolation
from quorate.impl.outputs import Persist, Send
from quorate.impl.paxos.acceptor import Standing
from quorate.impl.paxos.messages import Ballot
from quorate.impl.tables import Table

from .messages import Accept, Accepted, Decree, Heartbeat, Nack, Prepare, Promise, Vote
from .records import MultiPaxosOutputs, MultiPaxosState, PromiseRecord, VoteRecord

AcceptorMessage: TypeAlias = Prepare | Accept | Heartbeat
_Answer: TypeAlias = Callable[[AcceptorMessage], MultiPaxosOutputs]


TABLE: Final[Table] = MappingProxyType(
    {
        (Prepare, Standing.ABOVE): "grant",
        (Prepare, Standing.EQUAL): "repeat_promise",
        (Prepare, Standing.BELOW): "refuse",
        (Accept, Standing.ABOVE): "vote",
        (Accept, Standing.EQUAL): "vote",
        (Accept, Standing.BELOW): "refuse",
        (Heartbeat, Standing.ABOVE): "keep_silent",
        (Heartbeat, Standing.EQUAL): "keep_silent",
        (Heartbeat, Standing.BELOW): "refuse",
    }
)


class Acceptor:
    """One acceptor. All that it knows is on disk."""

    def __init__(self, name: str, state: MultiPaxosState | None = None) -> None:
        held = self.restored(MultiPaxosState() if state is None else state)
        self.name = name
        self.promised = held.promised
        self.trimmed = 0 if held.snapshot is None else held.snapshot.slots
        self._votes = dict(held.votes)

    @property
    def votes(self) -> Mapping[int, Vote]:
        """The latest vote in each slot, as far as votes are kept."""
        return MappingProxyType(self._votes)

    def receive(self, message: AcceptorMessage) -> MultiPaxosOutputs:
        """Answer one message by the rule that the table names for it."""
        rule = TABLE[type(message), self.standing(message)]
        return cast(_Answer, getattr(self, rule))(message)

    def trim(self, slots: int) -> None:
        """Give up the votes in the first `slots` slots: a snapshot of them is durable (rule 6)."""
        self.trimmed = max(self.trimmed, slots)
        self._votes = {s: vote for s, vote in self._votes.items() if s >= slots}

    # The rules. Each is one method, so that a defect is one override.

    def restored(self, stored: MultiPaxosState) -> MultiPaxosState:
        """What survives a restart: everything that was stored (rule 3)."""
        return stored

    def standing(self, message: AcceptorMessage) -> Standing:
        """Where the message's ballot stands against the promise (rules 1 and 2)."""
        if self.promised is None or message.ballot > self.promised:
            return Standing.ABOVE
        return Standing.EQUAL if message.ballot == self.promised else Standing.BELOW

    def promise_with_vote(self, ballot: Ballot) -> Ballot | None:
        """What is promised once it has voted in `ballot`: no less than before (rule 2)."""
        return ballot if self.promised is None else max(self.promised, ballot)

    def voted_for(self, ballot: Ballot, slot: int) -> Decree | None:
        """What it voted for in a slot, if that was in this ballot."""
        vote = self._votes.get(slot)
        return None if vote is None or vote.ballot != ballot else vote.decree

    def reported_votes(self, first: int) -> tuple[tuple[int, Vote], ...]:
        """The votes that a promise reports, in the order of the slots (rule 1)."""
        return tuple(sorted((s, vote) for s, vote in self._votes.items() if s >= first))

    def reported_trim(self) -> int:
        """How many slots a promise says are chosen (rule 6)."""
        return self.trimmed

    # The answers that the table names.

    def grant(self, message: Prepare) -> MultiPaxosOutputs:
        """Promise a new ballot: record it, then say so."""
        self.promised = message.ballot
        return (Persist(PromiseRecord(message.ballot)), self.promise(message))

    def repeat_promise(self, message: Prepare) -> MultiPaxosOutputs:
        """Answer a duplicate as before, or not at all (rule 4)."""
        voted_since = any(vote.ballot == message.ballot for vote in self._votes.values())
        return () if voted_since else (self.promise(message),)

    def vote(self, message: Accept) -> MultiPaxosOutputs:
        """Cast a vote: record it, then tell the leader. A duplicate is told again only."""
        vote = Vote(message.ballot, message.decree)
        told = Send(vote.ballot.proposer, Accepted(vote.ballot, self.name, message.slot))
        if self._votes.get(message.slot) == vote:
            return (told,)
        self._check_one_decree(message.slot, vote)
        self.promised = self.promise_with_vote(vote.ballot)
        self._votes[message.slot] = vote
        return (Persist(VoteRecord(message.slot, vote)), told)

    def refuse(self, message: AcceptorMessage) -> MultiPaxosOutputs:
        """Tell the owner of a low ballot which one to outbid (rule 5)."""
        assert self.promised is not None, "only a promise can make a ballot too low"
        nack = Nack(message.ballot, self.name, self.promised)
        return (Send(message.ballot.proposer, nack),)

    def keep_silent(self, message: Heartbeat) -> MultiPaxosOutputs:
        """A leader that is not outbid expects no answer."""
        del message
        return ()

    def promise(self, message: Prepare) -> Send[Promise]:
        """The answer to a PREPARE that is granted."""
        votes, trimmed = self.reported_votes(message.first), self.reported_trim()
        return Send(message.ballot.proposer, Promise(message.ballot, self.name, votes, trimmed))

    def _check_one_decree(self, slot: int, vote: Vote) -> None:
        earlier = self._votes.get(slot)
        if earlier is not None and earlier.ballot == vote.ballot:
            raise SafetyViolation(
                f"Ballot {vote.ballot} carries two decrees in slot {slot}, "
                f"{earlier.decree} and {vote.decree}: its proposer is broken."
            )
