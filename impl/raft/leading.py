"""What a leader of Raft has under way besides the log; it ends with the leader's term.

Times are ticks of the leader's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .reading import PendingReads


@dataclass
class Leading:
    """Reads that wait, a change of members or of the leader, and who is sent a snapshot.

    `target` is to lead next, and `incoming` are the members to come; both are given up at `until`.
    """

    began: int
    """When it began to lead."""
    alone: bool = False
    """Whether no quorum has answered for long."""
    waiting: PendingReads = field(default_factory=PendingReads)
    target: str | None = None
    asked: bool = False
    """Whether the target was asked to stand for election."""
    incoming: tuple[str, ...] | None = None
    until: int = 0
    snapshots: dict[str, int] = field(default_factory=dict)
    """When each follower that needed a snapshot was last sent one."""
    answers: dict[str, int] = field(default_factory=dict)
    """When each follower last answered."""

    def sent_since(self, then: int) -> frozenset[str]:
        """Who was sent a snapshot after this time."""
        return _later(self.snapshots, then)

    def heard_since(self, then: int) -> frozenset[str]:
        """Who has answered after this time."""
        return _later(self.answers, then)


def _later(times: dict[str, int], then: int) -> frozenset[str]:
    return frozenset(name for name, at in times.items() if at > then)
