"""The acceptor: the memory of the protocol.

Everything that affects an acceptor's state lives in this file.

Rules (Lamport, *Paxos Made Simple*, 2001, §2.2):
1. It promises a ballot above every ballot it has promised, and reports its latest
   vote with the promise (phase 1(b)).
2. It votes in a ballot unless it has promised a higher one (phase 2(b)). Voting in a
   ballot promises that ballot too.
3. Promise and vote are durable *before* the reply leaves.
4. A duplicate is answered only by the very reply that was given before: a PREPARE
   repeated after the vote in its ballot gets none, because the report would differ.
5. What is refused is refused aloud (NACK), so that a proposer knows what to outbid.

Its whole state is its record; it has nothing volatile to lose.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from msgspec.structs import replace

from quorate.impl.errors import SafetyViolation
from quorate.impl.outputs import Persist, Send
from quorate.impl.tables import Table, misdirected

from .messages import Accept, Accepted, Ballot, Message, Nack, Prepare, Promise, Vote
from .outputs import Broadcast, Outputs, Role
from .records import AcceptorRecord

_Answer: TypeAlias = Callable[[Message], Outputs]


class Standing(Enum):
    """How a message's ballot compares with the promise."""

    ABOVE = "above the promise"
    EQUAL = "equal to the promise"
    BELOW = "below the promise"


TABLE: Final[Table] = MappingProxyType(
    {
        (Prepare, Standing.ABOVE): "grant",
        (Prepare, Standing.EQUAL): "repeat_promise",
        (Prepare, Standing.BELOW): "refuse",
        (Accept, Standing.ABOVE): "vote",
        (Accept, Standing.EQUAL): "vote",
        (Accept, Standing.BELOW): "refuse",
    }
)


class Acceptor:
    """One acceptor. `receive` takes a PREPARE or an ACCEPT and returns outputs."""

    def __init__(self, name: str, record: AcceptorRecord | None = None) -> None:
        self.name = name
        self.record = self.restored(AcceptorRecord() if record is None else record)

    @classmethod
    def recover(cls, name: str, stored: AcceptorRecord | None) -> Acceptor:
        """The acceptor after a restart, from what its store holds."""
        return cls(name, stored)

    @property
    def promised(self) -> Ballot | None:
        """The highest ballot promised; None stands below every ballot."""
        return self.record.promised

    @property
    def accepted(self) -> Vote | None:
        """The latest vote."""
        return self.record.accepted

    def receive(self, message: Message) -> Outputs:
        """Answer one message by the rule that the table names for it."""
        if not isinstance(message, (Prepare, Accept)):
            raise misdirected("An acceptor", message)
        rule = TABLE[type(message), self.standing(message)]
        return cast(_Answer, getattr(self, rule))(message)

    # The rules. Each is one method, so that a defect is one override.

    def restored(self, stored: AcceptorRecord) -> AcceptorRecord:
        """What survives a restart: everything that was stored (rule 3)."""
        return stored

    def standing(self, message: Prepare | Accept) -> Standing:
        """Where the message's ballot stands against the promise (rules 1 and 2)."""
        promised = self.record.promised
        if promised is None or message.ballot > promised:
            return Standing.ABOVE
        return Standing.EQUAL if message.ballot == promised else Standing.BELOW

    def with_promise(self, ballot: Ballot) -> AcceptorRecord:
        """The record once `ballot` is promised (rule 1)."""
        return replace(self.record, promised=ballot)

    def with_vote(self, vote: Vote) -> AcceptorRecord:
        """The record once the vote is cast; it raises the promise too (rule 2)."""
        return AcceptorRecord(promised=vote.ballot, accepted=vote)

    def reported_vote(self) -> Vote | None:
        """The vote that a promise reports (rule 1)."""
        return self.accepted

    # The answers that the table names.

    def grant(self, message: Prepare) -> Outputs:
        """Promise a new ballot: record it, then say so."""
        self.record = self.with_promise(message.ballot)
        return (Persist(self.record), self._promise(message.ballot))

    def repeat_promise(self, message: Prepare) -> Outputs:
        """Answer a duplicate PREPARE as before, or not at all (rule 4)."""
        voted_since = self.accepted is not None and self.accepted.ballot == message.ballot
        return () if voted_since else (self._promise(message.ballot),)

    def vote(self, message: Accept) -> Outputs:
        """Cast a vote: record it, then tell the learners. A duplicate is told again only."""
        vote = Vote(message.ballot, message.value)
        told = Broadcast(Role.LEARNERS, Accepted(vote.ballot, self.name, vote.value))
        if self.record == AcceptorRecord(promised=vote.ballot, accepted=vote):
            return (told,)
        self._check_one_value(vote)
        self.record = self.with_vote(vote)
        return (Persist(self.record), told)

    def refuse(self, message: Prepare | Accept) -> Outputs:
        """Tell the owner of a low ballot which one to outbid (rule 5)."""
        assert self.promised is not None, "only a promise can make a ballot too low"
        nack = Nack(message.ballot, self.name, self.promised)
        return (Send(message.ballot.proposer, nack),)

    def _promise(self, ballot: Ballot) -> Send[Message]:
        return Send(ballot.proposer, Promise(ballot, self.name, self.reported_vote()))

    def _check_one_value(self, vote: Vote) -> None:
        earlier = self.accepted
        if earlier is not None and earlier.ballot == vote.ballot and earlier.value != vote.value:
            raise SafetyViolation(
                f"Ballot {vote.ballot} carries two values, "
                f"{earlier.value!r} and {vote.value!r}: its proposer is broken."
            )
