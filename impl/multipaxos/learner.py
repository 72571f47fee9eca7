"""The learner: it executes what is chosen, in the order of the slots, on its store.

Everything that affects a learner's state lives in this file.

Rules (Lamport, *Paxos Made Simple*, 2001, §2.3 and §3):
1. Slots are executed in order, each once, and none before all slots before it.
2. What was chosen in a slot never changes: two decrees there are a broken protocol, and reported.
3. One that is behind asks another; what that one has executed, it may believe.
4. A snapshot is all that the slots before it have led to: values, sessions, memberships. Decrees
   before the last but one are given up, and whoever still needs them gets the latest snapshot, part
   by part: each time it says how much of it it holds. Sender and number of slots say which snapshot
   that is: it is durable before it is sent, and only one of more slots ever takes its place.

Only snapshots are durable. After a restart the rest is learned again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from quorate.impl.errors import SafetyViolation
from quorate.impl.outputs import Persist, Send
from quorate.impl.replicated.parts import Arriving, Outgoing
from quorate.impl.store import Completed, KeyValueStore
from quorate.impl.tables import Table

from .configurations import Configurations
from .messages import CatchUp, Commands, Decided, Decree, InstallSnapshot, Snapshot
from .records import MultiPaxosOutputs, SnapshotRecord

#: How many decrees one answer to a question holds at most.
MOST_TOLD: Final = 64

LearnerMessage: TypeAlias = CatchUp | Decided | InstallSnapshot
_Answer: TypeAlias = Callable[[LearnerMessage], MultiPaxosOutputs]


class SlotStanding(Enum):
    """Where the slot that a message is about stands: of a snapshot, its last."""

    TRIMMED = "before its log"
    EXECUTED = "executed, in its log"
    NEW = "not executed"


TABLE: Final[Table] = MappingProxyType(
    {
        (CatchUp, SlotStanding.TRIMMED): "send_snapshot",
        (CatchUp, SlotStanding.EXECUTED): "send_decrees",
        (CatchUp, SlotStanding.NEW): "ignore",
        (Decided, SlotStanding.TRIMMED): "learn_all",
        (Decided, SlotStanding.EXECUTED): "learn_all",
        (Decided, SlotStanding.NEW): "learn_all",
        (InstallSnapshot, SlotStanding.TRIMMED): "ignore",
        (InstallSnapshot, SlotStanding.EXECUTED): "ignore",
        (InstallSnapshot, SlotStanding.NEW): "install",
    }
)


class Learner:
    """One learner. `log` has the decrees that it knows of and keeps, with holes where it waits."""

    def __init__(
        self, name: str, configurations: Configurations, snapshot: Snapshot | None = None
    ) -> None:
        self.name = name
        self.configurations = configurations
        self.snapshot = snapshot
        self.store = KeyValueStore()
        self.executed = self.base = 0
        self._log: dict[int, Decree] = {}
        self._outgoing = Outgoing[Snapshot]()
        self._arriving = Arriving[tuple[str, int], Snapshot](Snapshot)
        if snapshot is not None:
            self._restore(snapshot)

    @property
    def log(self) -> Mapping[int, Decree]:
        """What was chosen, by slot, from `base` on."""
        return MappingProxyType(self._log)

    @property
    def arriving(self) -> tuple[str, int, int] | None:
        """From whom a snapshot arrives, of how many slots, and how many bytes of it have."""
        name = self._arriving.name
        return None if name is None or name[1] <= self.executed else (*name, self._arriving.held)

    @property
    def progress(self) -> tuple[int, tuple[str, int, int] | None]:
        """How many slots it has executed, and what has arrived of a snapshot."""
        return self.executed, self.arriving

    def learn(self, slot: int, decree: Decree) -> None:
        """A decree was chosen in a slot (rule 2). Executing it is a step of its own."""
        if slot < self.base:
            return
        known = self._log.setdefault(slot, decree)
        if known != decree:
            raise SafetyViolation(
                f"{self.name} had learned {known} in slot {slot} and now learns {decree}: "
                f"two decrees were chosen."
            )

    def execute(self) -> tuple[Send[Completed], ...]:
        """Execute what can be, in order (rule 1); returns the answers to the clients."""
        answers: list[Send[Completed]] = []
        while (slot := self.next_to_execute()) is not None:
            self.executed = slot + 1
            decree = self._log[slot]
            if isinstance(decree, Commands):
                for each in decree.submissions:
                    reply = self.store.apply(each)
                    answers.append(Send(each.client, Completed(each.sequence, reply)))
            else:
                self.configurations.change(slot, decree.members)
        return tuple(answers)

    def take_snapshot(self) -> MultiPaxosOutputs:
        """Make all that was executed durable, as one value (rule 4)."""
        earlier, self.snapshot = self.snapshot, self.snapshot_now()
        self._trim(0 if earlier is None else earlier.slots)
        return (Persist(SnapshotRecord(self.snapshot)),)

    def receive(self, message: LearnerMessage) -> MultiPaxosOutputs:
        """Take a message by the rule that the table names for it."""
        rule = TABLE[type(message), self.standing(message)]
        return cast(_Answer, getattr(self, rule))(message)

    # The rules. Each is one method, so that a defect is one override.

    def standing(self, message: LearnerMessage) -> SlotStanding:
        """Where the slot of the message stands."""
        slot = message.slots - 1 if isinstance(message, InstallSnapshot) else message.first
        if slot < self.base:
            return SlotStanding.TRIMMED
        return SlotStanding.EXECUTED if slot < self.executed else SlotStanding.NEW

    def next_to_execute(self) -> int | None:
        """The slot to execute next, if its decree is known (rule 1)."""
        return self.executed if self.executed in self._log else None

    def snapshot_now(self) -> Snapshot:
        """All that the executed slots have led to (rule 4)."""
        memberships = self.configurations.since(self.executed)
        return Snapshot(self.executed, self.store.snapshot(), memberships)

    # The answers that the table names.

    def ignore(self, message: LearnerMessage) -> MultiPaxosOutputs:
        """Nothing to tell, or nothing to learn."""
        del message
        return ()

    def send_decrees(self, message: CatchUp) -> MultiPaxosOutputs:
        """Tell one that is behind what comes next (rule 3)."""
        slots = range(message.first, min(self.executed, message.first + MOST_TOLD))
        return (Send(message.replica, Decided(message.first, tuple(self._log[s] for s in slots))),)

    def send_snapshot(self, message: CatchUp) -> MultiPaxosOutputs:
        """Tell one that is far behind where to go on: what it lacks of that (rule 4)."""
        assert self.snapshot is not None, "without a snapshot the log is whole"
        slots = self.snapshot.slots
        part = self._outgoing.part(self.snapshot, message.held if message.slots == slots else 0)
        return (Send(message.replica, InstallSnapshot(self.name, slots, *part)),)

    def learn_all(self, message: Decided) -> MultiPaxosOutputs:
        """Take the word of a learner that has executed them (rule 3)."""
        for slot, decree in enumerate(message.decrees, message.first):
            self.learn(slot, decree)
        return ()

    def install(self, message: InstallSnapshot) -> MultiPaxosOutputs:
        """Go on from another learner's snapshot once all parts are here (rule 4)."""
        name = (message.replica, message.slots)
        snapshot = self._arriving.take(name, message.offset, message.data, message.done)
        if snapshot is None:
            return ()
        self._restore(snapshot)
        return (Persist(SnapshotRecord(snapshot)),)

    def _restore(self, snapshot: Snapshot) -> None:
        self.snapshot, self.executed = snapshot, snapshot.slots
        self.store = KeyValueStore(snapshot.store)
        self.configurations.memberships = snapshot.memberships
        self._trim(snapshot.slots)

    def _trim(self, slots: int) -> None:
        self.base = max(self.base, slots)
        self._log = {s: decree for s, decree in self._log.items() if s >= self.base}
