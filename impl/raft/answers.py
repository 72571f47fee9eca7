"""What a replica of Raft tells clients besides the results of what its log has."""

from __future__ import annotations

from quorate.impl.outputs import Send
from quorate.impl.store import Answered, Completed, KeyValueStore, Redirected, Submission

from .leading import Leading
from .records import RaftState


def answered(read: Submission, store: KeyValueStore) -> Send[Completed]:
    """The answer to a read that is in no log."""
    value = store.values.get(read.command.key)
    return Send(read.client, Completed(read.sequence, Answered(value)))


def redirected(submission: Submission, leader: str | None) -> Send[Redirected]:
    """Whom to ask instead; None: nobody is known to lead."""
    return Send(submission.client, Redirected(submission.sequence, leader))


def unanswered(leading: Leading, state: RaftState, applied: int) -> tuple[Submission, ...]:
    """What clients wait for: the reads, which wait no longer then, and what is to be applied."""
    payloads = (entry.payload for entry in state.entries_after(applied))
    asked = (payload for payload in payloads if isinstance(payload, Submission))
    return (*leading.waiting.give_up(), *asked)
