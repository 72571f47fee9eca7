"""The store itself: a deterministic state machine with client sessions.

Everything that affects the store's state lives in this file.

Rules (Ongaro, *Consensus: Bridging Theory and Practice*, 2014, §6.3):
1. The state depends on the submissions applied and their order alone: no clock, no chance.
2. A client's command is applied at most once, however often the log holds it.
3. A repeated command is answered as it was the first time, whatever has happened since.
4. A number below the client's latest is too old: its answer is no longer kept. A client that
   gave up on a command may leave a gap; what was given up never happens after its successor.
5. A snapshot is the whole state. A store restored from it goes on as the one it was taken of.

Sessions are never ended: the store remembers one answer for each client it ever had.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from msgspec import Struct

from quorate.impl.envelope import Value
from quorate.impl.tables import Table

from .commands import (
    Answered,
    Command,
    CompareAndSet,
    Delete,
    Get,
    Key,
    Put,
    Rejected,
    Reply,
    Result,
    Submission,
)

_Rule: TypeAlias = Callable[[Submission], Reply]
_Operation: TypeAlias = Callable[[Command], Result]


class Session(Struct, frozen=True):
    """The latest command that was applied for a client, and its result."""

    sequence: int
    command: Command
    result: Result


class StoreSnapshot(Struct, frozen=True):
    """All that a store knows, in the order of the keys and of the clients' names."""

    values: tuple[tuple[Key, Value], ...] = ()
    sessions: tuple[tuple[str, Session], ...] = ()


class Turn(Enum):
    """How a submission's number compares with the client's latest."""

    NEXT = "above the latest"
    REPEATED = "the latest, repeated"
    REUSED = "the latest, for another command"
    PAST = "below the latest"


TABLE: Final[Table] = MappingProxyType(
    {
        (Submission, Turn.NEXT): "execute",
        (Submission, Turn.REPEATED): "repeat_answer",
        (Submission, Turn.REUSED): "reject_reuse",
        (Submission, Turn.PAST): "reject_past",
    }
)

#: The method that carries out each command.
OPERATIONS: Final = MappingProxyType[type[Command], str](
    {Get: "get", Put: "put", CompareAndSet: "compare_and_set", Delete: "delete"}
)


class KeyValueStore:
    """Keys with values, and a session for each client. `apply` takes submissions in log order."""

    def __init__(self, snapshot: StoreSnapshot | None = None) -> None:
        held = StoreSnapshot() if snapshot is None else snapshot
        self._values = dict(held.values)
        self._sessions = dict(held.sessions)

    @property
    def values(self) -> Mapping[Key, Value]:
        """What is under each key."""
        return MappingProxyType(self._values)

    def snapshot(self) -> StoreSnapshot:
        """The whole state; two stores with the same state have equal snapshots (rule 5)."""
        sessions = sorted(self._sessions.items(), key=lambda named: named[0])
        return StoreSnapshot(tuple(sorted(self._values.items())), tuple(sessions))

    def apply(self, submission: Submission) -> Reply:
        """Apply one submission by the rule that the table names for it, and answer it."""
        rule = TABLE[Submission, self.turn(submission)]
        return cast(_Rule, getattr(self, rule))(submission)

    # The rules. Each is one method, so that a defect is one override.

    def turn(self, submission: Submission) -> Turn:
        """Where the submission stands among its client's (rules 2 to 4)."""
        latest = self._sessions.get(submission.client)
        if latest is None or submission.sequence > latest.sequence:
            return Turn.NEXT
        if submission.sequence < latest.sequence:
            return Turn.PAST
        return Turn.REPEATED if submission.command == latest.command else Turn.REUSED

    # The answers that the table names.

    def execute(self, submission: Submission) -> Reply:
        """Carry out the command and remember the answer (rule 2)."""
        command = submission.command
        result = cast(_Operation, getattr(self, OPERATIONS[type(command)]))(command)
        self._sessions[submission.client] = Session(submission.sequence, command, result)
        return Answered(result)

    def repeat_answer(self, submission: Submission) -> Reply:
        """Answer as before, and do nothing (rule 3)."""
        return Answered(self._sessions[submission.client].result)

    def reject_reuse(self, submission: Submission) -> Reply:
        """Two commands have one number: the answer of the first would be wrong for this one."""
        return Rejected(
            f"{submission.client} has used number {submission.sequence} for another command."
        )

    def reject_past(self, submission: Submission) -> Reply:
        """The client has gone on since (rule 4)."""
        latest = self._sessions[submission.client].sequence
        return Rejected(
            f"Number {submission.sequence} of {submission.client} is past: "
            f"number {latest} has been applied."
        )

    # The commands.

    def get(self, command: Get) -> Result:
        """The value under the key."""
        return self._values.get(command.key)

    def put(self, command: Put) -> Result:
        """Replace what is there."""
        self._values[command.key] = command.value
        return None

    def compare_and_set(self, command: CompareAndSet) -> Result:
        """Replace what is there if it is what the client expects."""
        if self._values.get(command.key) != command.old:
            return False
        self._values[command.key] = command.new
        return True

    def delete(self, command: Delete) -> Result:
        """Remove what is there, if anything."""
        self._values.pop(command.key, None)
        return None
