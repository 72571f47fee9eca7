"""What a replica's own clock tells it: whether somebody leads, and how long it does so itself.

Rules (Ongaro 2014, §4.2.3, §6.4.1):
1. It is in touch with a leader until the shortest time has passed that anybody waits for one. When
   it starts it may have heard from one just before, unless it has seen no term yet.
2. A round that a quorum has heard of is a lease for as long, counted from when it began, less what
   clocks may differ by.

Times are ticks since the replica started.
"""

from __future__ import annotations


class LeaseClock:
    """Counts ticks, and when it last heard from a leader."""

    def __init__(self, shortest: int, drift: int, term: int) -> None:
        """`term` is the latest one that the replica has seen."""
        self.shortest = shortest
        self.drift = drift
        self.now = 0
        self.heard = self.heard_at_start(term)

    def pass_time(self, ticks: int) -> None:
        """So many ticks have passed."""
        self.now += ticks

    def hear(self) -> None:
        """A leader has sent something."""
        self.heard = self.now

    # The rules. Each is one method, so that a defect is one override.

    def heard_at_start(self, term: int) -> int | None:
        """When it heard from a leader, as far as it can know when it starts (rule 1)."""
        return 0 if term > 0 else None

    def is_in_touch(self) -> bool:
        """Whether it has heard from a leader within the shortest time (rule 1)."""
        return self.heard is not None and self.now < self.heard + self.shortest

    def lease_length(self) -> int:
        """For how many ticks a confirmed round is a lease (rule 2)."""
        return self.shortest - self.drift
