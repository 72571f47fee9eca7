"""Reads that are in no log: what a leader must know before it answers one (Ongaro 2014, §6.4).

Rules:
1. A read is answered from the store once that holds all that was committed when the read came. A
   new leader knows what was committed once its own first entry is.
2. Before that a quorum must have heard, in a round that began after the read came, that it leads:
   so no other leader had committed anything by then (the read index).
3. With leases no round is waited for while the lease lasts. It began with the latest round that a
   quorum has confirmed, and lasts as long as whoever heard of that round helps nobody else to
   lead, less what clocks may differ by (§6.4.1). A leader that has handed over in its term has no
   lease any more: whom it asked to stand for election waits for nobody, however late it is asked.

Time is the server's own ticks. A quorum elects nobody before `shortest` ticks of its own have
passed since it heard of the round; by the bound these are at least `shortest - drift` of ours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from quorate.impl.store import Submission


class Reads(Enum):
    """How a leader answers reads."""

    LOG = "log"
    INDEX = "index"
    LEASE = "lease"


@dataclass
class PendingReads:
    """The reads that wait, each for a round and for a length of the log to be applied."""

    reads: deque[tuple[int, int, Submission]] = field(default_factory=deque)
    began: dict[int, int] = field(default_factory=dict)
    leased_from: int | None = None
    handed_over: bool = False

    def begin(self, round_: int, now: int) -> None:
        """A round begins."""
        self.began[round_] = now

    def confirm(self, is_confirmed: Callable[[int], bool]) -> None:
        """The lease begins with the latest round that a quorum has heard of (rule 3)."""
        if not self.began or not is_confirmed(next(iter(self.began))):
            return  # it has heard of none, if not of the earliest
        confirmed = next(round_ for round_ in reversed(self.began) if is_confirmed(round_))
        now = self.began[confirmed]
        if self.leased_from is None or self.leased_from < now:
            self.leased_from = now
        self.began = {later: at for later, at in self.began.items() if later > confirmed}

    def give_up(self) -> tuple[Submission, ...]:
        """No read waits any longer: these did."""
        reads, self.reads = self.reads, deque()
        return tuple(submission for _, _, submission in reads)

    def has_lease(self, now: int, length: int) -> bool:
        """Whether a lease of so many ticks lasts (rule 3)."""
        begun = self.leased_from
        return begun is not None and now < begun + length and not self.handed_over
