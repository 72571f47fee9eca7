"""Whoever requests the resource of Lamport's mutual exclusion gets it, if everybody goes on.

Lamport: Time, Clocks, and the Ordering of Events in a Distributed System (1978), condition III: if
every process that is granted the resource releases it, every request is granted. Each process
requests it once, so that clocks, which are bounded here, do not run out.
"""

from quorate.model.lamport_mutex import Acknowledge, LamportMutex, Process, Release, Request
from quorate.model.language import Map, action, durable, leads_to, require


class UnreleasedMutex(LamportMutex):
    """Messages arrive, and whoever may enter does, but nobody has to leave."""

    asked: Map[Process, bool] = durable(False)

    @action
    def request(self, p: Process) -> None:
        require(not self.asked[p])
        super().request(p)
        self.asked[p] = True

    @action(fair="weak", fair_for="p")
    def receive_request(self, p: Process, m: Request) -> None:
        super().receive_request(p, m)

    @action(fair="weak", fair_for="p")
    def receive_acknowledge(self, p: Process, m: Acknowledge) -> None:
        super().receive_acknowledge(p, m)

    @action(fair="weak", fair_for="p")
    def receive_release(self, p: Process, m: Release) -> None:
        super().receive_release(p, m)

    @action(fair="weak", fair_for="p")
    def enter(self, p: Process) -> None:
        super().enter(p)

    @leads_to
    def every_request_is_granted(self, p: Process) -> tuple[bool, bool]:
        return self.requested[p, p] != 0, self.inside[p]


class LiveLamportMutex(UnreleasedMutex):
    """Whoever is inside leaves."""

    @action(fair="weak", fair_for="p")
    def leave(self, p: Process) -> None:
        super().leave(p)
