"""Lamport's distributed mutual exclusion: requests ordered by logical clocks, links in order.

Lamport: Time, Clocks, and the Ordering of Events in a Distributed System (1978), the five rules of
the algorithm. As in the module LamportMutex of the TLA+ examples, a process keeps the latest
request of each other one, and clocks count requests that are received; `Clock` is the largest
time of this instance.
"""

from .language import *


# fmt: off
class Process(Ordered, bottom="none"): ...
class Clock(Nat): ...
class Depth(Nat): ...
# fmt: on


class Request(Message, link=("sender", "to")):
    sender: Process
    to: Process
    at: Clock


class Acknowledge(Message, link=("sender", "to")):
    sender: Process
    to: Process


class Release(Message, link=("sender", "to")):
    sender: Process
    to: Process


class LamportMutex(Protocol):
    """A time of 0 is no request. Nobody crashes: the algorithm waits for everybody.

    Time ends here, and with it the progress of whoever waits: nothing is claimed about that.
    """

    clock: Map[Process, Clock] = durable(0)
    requested: Map[Process, Process, Clock] = durable(0)
    acknowledged: Map[Process, Set[Process]] = durable(frozenset())
    inside: Map[Process, bool] = durable(False)
    sent: Messages[Request, Acknowledge, Release] = fifo(Depth)

    @action
    def request(self, p: Process) -> None:
        """Rule 1. The clock is one behind its time, so that time begins with 1."""
        require(self.requested[p, p] == 0)
        require(any(self.clock[p] < t for t in Clock))  # the end of this instance's time
        self.requested[p, p] = self.clock[p] + 1
        self.acknowledged[p] = {p}
        for q in Process:
            if q != p:
                self.sent.add(Request(p, q, self.clock[p] + 1))

    @action
    def receive_request(self, p: Process, m: Request) -> None:
        """Rule 2."""
        require(any(self.clock[p] + 1 < t and m.at < t for t in Clock))
        self.requested[p, m.sender] = m.at
        self.clock[p] = max(self.clock[p] + 1, m.at)
        self.sent.add(Acknowledge(p, m.sender))

    @action
    def receive_acknowledge(self, p: Process, m: Acknowledge) -> None:
        self.acknowledged[p] = self.acknowledged[p] | {m.sender}

    @action
    def enter(self, p: Process) -> None:
        """Rule 5."""
        require(not self.inside[p])
        require(all(q in self.acknowledged[p] for q in Process))
        require(all(self.is_before(p, q) for q in Process if q != p))
        self.inside[p] = True

    @action
    def leave(self, p: Process) -> None:
        """Rule 3."""
        require(self.inside[p])
        self.inside[p] = False
        self.requested[p, p] = 0
        self.acknowledged[p] = frozenset()
        for q in Process:
            if q != p:
                self.sent.add(Release(p, q))

    @action
    def receive_release(self, p: Process, m: Release) -> None:
        """Rule 4."""
        self.requested[p, m.sender] = 0

    @define
    def is_before(self, p: Process, q: Process) -> bool:
        """As p sees it; of two requests of one time, that of the lower process is first."""
        mine = self.requested[p, p]
        other = self.requested[p, q]
        return other == 0 or mine < other or (mine == other and p < q)

    @invariant
    def mutual_exclusion(self) -> bool:
        return all(p == q for p in Process for q in Process if self.inside[p] and self.inside[q])

    @reachable
    def a_later_request_waits(self) -> bool:
        return any(
            self.inside[p] and self.requested[q, q] != 0 for p in Process for q in Process if q != p
        )
