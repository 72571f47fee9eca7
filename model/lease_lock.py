"""A lock service that grants leases, and a store that fences off those whose lease has ended.

Gray and Cheriton: Leases (1989), §2, for leases on clocks that differ by a bounded skew; Burrows:
The Chubby Lock Service (2006), §2.4, for the number (a sequencer) that a store checks with a write.
"""

from .language import *

TERM = 2
SKEW = 1


# fmt: off
class Client(Sort): ...
class Time(Nat): ...
class Token(Nat): ...
class Position(Nat): ...
# fmt: on


class Grant(Message, key="k"):
    k: Token
    c: Client
    until: Time


class Write(Message):
    k: Token
    c: Client


class LeaseLock(Protocol):
    """A clock is at most SKEW from that of the service; a write may arrive at any time later."""

    now: Time = durable(0)
    token: Token = durable(0)
    expires: Time = durable(0)

    clock: Map[Client, Time] = durable(0)
    held: Map[Client, Token] = durable(0)
    until: Map[Client, Time] = durable(0)

    highest: Token = durable(0)
    stored: Seq[Token, Position] = durable(())

    sent: Messages[Grant, Write]

    @action(by="environment")
    def tick(self) -> None:
        require(all(self.now < self.clock[c] + SKEW for c in Client))
        require(any(self.now < t for t in Time))
        self.now = self.now + 1  # type: ignore[assignment]

    @action(by="environment")
    def tick_client(self, c: Client) -> None:
        require(self.clock[c] < self.now + SKEW)
        require(any(self.clock[c] < t for t in Time))
        self.clock[c] = self.clock[c] + 1

    @action
    def grant(self, c: Client) -> None:
        require(self.has_ended())
        require(any(self.token < k for k in Token))
        require(any(self.now + TERM <= t for t in Time))
        self.token = self.token + 1  # type: ignore[assignment]
        self.expires = self.now + TERM  # type: ignore[assignment]
        self.sent.add(Grant(self.token, c, self.expires))

    @action
    def receive(self, m: Grant) -> None:
        require(self.held[m.c] < m.k)
        self.held[m.c] = m.k
        self.until[m.c] = m.until

    @action
    def write(self, c: Client) -> None:
        require(self.holds(c))
        self.sent.add(Write(self.held[c], c))

    @action
    def store(self, m: Write) -> None:
        require(self.is_current(m.k))
        require(any(len(self.stored) < p for p in Position))
        self.highest = m.k
        self.stored = self.stored + (m.k,)  # type: ignore[assignment]  # noqa: RUF005

    @define
    def has_ended(self) -> bool:
        """On any clock: one that is behind still shows SKEW less."""
        return self.expires + SKEW <= self.now

    @define
    def holds(self, c: Client) -> bool:
        return self.clock[c] < self.until[c]

    @define
    def is_current(self, k: Token) -> bool:
        """The fence: nobody has written under a later lease."""
        return self.highest <= k

    @invariant
    def one_holder(self) -> bool:
        return all(c == d for c in Client for d in Client if self.holds(c) and self.holds(d))

    @invariant
    def tokens_never_go_back(self) -> bool:
        return all(
            self.stored[i] <= self.stored[j]
            for i in Position
            for j in Position
            if i < j and j < len(self.stored)
        )

    @reachable
    def a_later_holder_has_written(self) -> bool:
        return self.highest == 2
