"""The learner: it finds out which value was chosen, and tells its client once.

Everything that affects a learner's state lives in this file.

Rules (Lamport, *Paxos Made Simple*, 2001, §2.3):
1. A value is chosen once a phase-2 quorum has accepted it in one ballot. Votes of
   different ballots are never added up, and each acceptor counts once per ballot.
2. The value is durable before the client hears of it, and is told once per life: a
   restarted learner tells again, because it may have died before telling.
3. A learner that knows nothing asks the others, again and again ("message loss may
   leave no learner knowing", §2.3): what one learned, all may believe.
4. Two values in one ballot, or a second decision, are a broken protocol and reported
   aloud. A learner never changes its mind quietly.

The tally is volatile: after a crash it is gathered anew or the value is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from quorate.impl.envelope import Value
from quorate.impl.errors import SafetyViolation
from quorate.impl.outputs import Persist, Send
from quorate.impl.tables import Table, misdirected

from .messages import Accepted, Ask, Ballot, Learned, Message
from .outputs import Broadcast, Commit, Outputs, Role, SetTimer
from .quorums import Quorums
from .records import LearnerRecord

CATCH_UP: Final = "learner.catch-up"
CATCH_UP_DELAY_S: Final = 0.5

_Answer: TypeAlias = Callable[[Message], Outputs]


class Knowledge(Enum):
    """Whether a learner has learned the value."""

    NOTHING = "nothing learned"
    DECIDED = "value learned"


TABLE: Final[Table] = MappingProxyType(
    {
        (Accepted, Knowledge.NOTHING): "tally_vote",
        (Accepted, Knowledge.DECIDED): "tally_vote",
        (Learned, Knowledge.NOTHING): "believe",
        (Learned, Knowledge.DECIDED): "believe",
        (Ask, Knowledge.NOTHING): "keep_silent",
        (Ask, Knowledge.DECIDED): "tell",
    }
)


class Learner:
    """One learner. Its tally is volatile; the committed value is durable."""

    def __init__(
        self,
        name: str,
        acceptors: Collection[str],
        quorums: Quorums | None = None,
        record: LearnerRecord | None = None,
    ) -> None:
        self.name = name
        self.acceptors = tuple(acceptors)
        self.quorums = Quorums.majority(self.acceptors) if quorums is None else quorums
        self.record = LearnerRecord() if record is None else record
        self.unanswered = 0
        self._voters: dict[Ballot, tuple[str, ...]] = {}
        self._values: dict[Ballot, Value] = {}

    @classmethod
    def recover(
        cls,
        name: str,
        acceptors: Collection[str],
        quorums: Quorums | None,
        stored: LearnerRecord | None,
    ) -> Learner:
        """The learner after a restart, from what its store holds."""
        return cls(name, acceptors, quorums, stored)

    @property
    def committed(self) -> Value | None:
        """The value that the client was told."""
        return self.record.committed

    @property
    def tally(self) -> Mapping[Ballot, frozenset[str]]:
        """Who accepted in each ballot, as far as this learner heard since it started."""
        return {ballot: frozenset(voters) for ballot, voters in self._voters.items()}

    @property
    def tally_count(self) -> Mapping[Ballot, int]:
        """How many votes were counted per ballot; as `tally` says unless counting is broken."""
        return {ballot: len(voters) for ballot, voters in self._voters.items()}

    @property
    def knowledge(self) -> Knowledge:
        """Whether the value is learned."""
        return Knowledge.NOTHING if self.committed is None else Knowledge.DECIDED

    def receive(self, message: Message) -> Outputs:
        """Take an ACCEPTED, or a question or an answer of another learner."""
        if not isinstance(message, (Accepted, Learned, Ask)):
            raise misdirected("A learner", message)
        rule = TABLE[type(message), self.knowledge]
        return cast(_Answer, getattr(self, rule))(message)

    def start(self) -> Outputs:
        """Tell the value if it is known (rule 2), else ask the others (rule 3)."""
        if self.committed is not None:
            return (Commit(self.committed),)
        return (Broadcast(Role.LEARNERS, Ask(self.name)), SetTimer(CATCH_UP, CATCH_UP_DELAY_S))

    def timeout(self, name: str) -> Outputs:
        """Nobody answered: ask again."""
        if name != CATCH_UP or self.committed is not None:
            return ()
        self.unanswered += 1
        return self.start()

    # The rules. Each is one method, so that a defect is one override.

    def counts(self, acceptor: str, ballot: Ballot) -> bool:
        """Whether a vote of this acceptor still counts: each one does once per ballot (rule 1)."""
        return acceptor not in self._voters.get(ballot, ())

    def is_chosen(self, ballot: Ballot) -> bool:
        """Whether a phase-2 quorum has accepted in the ballot (rule 1)."""
        return self.quorums.phase2.met_by(self._voters.get(ballot, ()))

    # The answers that the table names.

    def tally_vote(self, message: Accepted) -> Outputs:
        """Count a vote; learn the value at the quorum."""
        if message.acceptor not in self.acceptors:
            return ()
        self._check_one_value(message)
        if not self.counts(message.acceptor, message.ballot):
            return ()
        voters = self._voters.get(message.ballot, ())
        self._voters[message.ballot] = (*voters, message.acceptor)
        return self._decide(message.value) if self.is_chosen(message.ballot) else ()

    def believe(self, message: Learned) -> Outputs:
        """Take the word of a learner that knows (rule 3)."""
        return self._decide(message.value)

    def tell(self, message: Ask) -> Outputs:
        """Answer one that does not know."""
        return (Send(message.learner, Learned(cast(Value, self.committed))),)

    def keep_silent(self, message: Ask) -> Outputs:
        """Nothing to tell yet."""
        del message
        return ()

    def _decide(self, value: Value) -> Outputs:
        if self.committed is None:
            self.record = LearnerRecord(committed=value)
            return (Persist(self.record), Commit(value))
        if self.committed != value:
            raise SafetyViolation(
                f"{self.name} had learned {self.committed!r} and now learns {value!r}: "
                f"two values were chosen."
            )
        return ()

    def _check_one_value(self, message: Accepted) -> None:
        known = self._values.setdefault(message.ballot, message.value)
        if known != message.value:
            raise SafetyViolation(
                f"Ballot {message.ballot} carries two values, {known!r} and {message.value!r}."
            )
