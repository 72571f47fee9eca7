"""What a host needs to know of a protocol that replicates the store: one interface for all of them.

Rules:
- A replica is sans-IO. Its inputs return outputs, and the host carries them
  out in order. A send must not leave before each `Persist` in front of it is durable; the host may
  make all records of several inputs durable at once, if it keeps their sends until then.
- Time is ticks of one clock, which never stops. A host calls `pass_time` before each other input,
  with the ticks that it missed: a lease is measured by ticks, so one that is late makes the lease
  too long. `fire_timers` may come later, so that what has arrived is heard before.
- A `Send` to a name that is no server's is the answer to the client of that name.
- What is durable is a state, put together from records in the order in which they were persisted.
  A host may replace the records that it has by `state.records()` whenever it likes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from random import Random
from typing import Generic, Protocol, Self, TypeAlias, TypeVar

from msgspec import Struct

from quorate.impl.outputs import Persist, Send
from quorate.impl.store.commands import ClientMessage, Submission

MessageT = TypeVar("MessageT")
RecordT = TypeVar("RecordT")
WrittenT = TypeVar("WrittenT", covariant=True)
StateT = TypeVar("StateT")

ReplicaOutputs: TypeAlias = tuple[Persist[RecordT] | Send[MessageT | ClientMessage], ...]


class Status(Struct, frozen=True):
    """What people ask of a replica: its role, and how far it is.

    `term` is the round of the ballot where a protocol has ballots. `commit` entries are known to
    be committed, and the first `applied` of them are in the store. `members` decide, as far as it
    knows.
    """

    role: str
    leader: str | None
    term: int
    commit: int
    applied: int
    members: tuple[str, ...] = ()


class AnyState(Protocol[RecordT]):
    """All that a replica has on disk: a value."""

    def after(self, record: RecordT, /) -> Self:
        """What is on disk once the record is."""
        ...

    def records(self) -> tuple[RecordT, ...]:
        """The fewest records after which an empty disk holds this."""
        ...


class AnyReplica(Protocol[MessageT, WrittenT]):
    """One replica, with the store that it applies committed commands to."""

    @property
    def name(self) -> str:
        """The server's name, by which the others send to it."""
        ...

    def status(self) -> Status:
        """How it is now."""
        ...

    def pass_time(self, ticks: int) -> None:
        """So many ticks of its clock have passed. It only notes that."""
        ...

    def fire_timers(self) -> ReplicaOutputs[WrittenT, MessageT]:
        """Do what is due by now: elections, heartbeats, repeats."""
        ...

    def tick(self) -> ReplicaOutputs[WrittenT, MessageT]:
        """One tick of its clock has passed, and what is due is done at once."""
        ...

    def receive(self, message: MessageT, /) -> ReplicaOutputs[WrittenT, MessageT]:
        """A message of another server arrives; it names its sender."""
        ...

    def submit(self, submission: Submission, /) -> ReplicaOutputs[WrittenT, MessageT]:
        """A client asks; the answer, or whom to ask instead, may come with a later input."""
        ...

    def reconfigure(self, members: Collection[str], /) -> ReplicaOutputs[WrittenT, MessageT]:
        """Have other members. Raises ProtocolRefusal."""
        ...

    def transfer(self, target: str, /) -> ReplicaOutputs[WrittenT, MessageT]:
        """Hand the lead over to another member. Raises ProtocolRefusal."""
        ...


@dataclass(frozen=True)
class ReplicatedSystem(Generic[MessageT, RecordT, StateT]):
    """A protocol by its name: how to start a replica, and what it sends and writes.

    `recover(name, servers, state, random)` is the replica after a start or a restart; `random`
    draws its timeouts. `messages` and `records` are all types of either, each with a tag.

    Of `cumulative` messages the latest from one server to another says all that an earlier one of
    the same turn says: the host may leave out the earlier one, as a network may lose it.
    """

    name: str
    empty: StateT
    recover: Callable[[str, Collection[str], StateT, Random], AnyReplica[MessageT, RecordT]]
    messages: tuple[type[MessageT], ...]
    records: tuple[type[RecordT], ...]
    cumulative: tuple[type[MessageT], ...] = ()
