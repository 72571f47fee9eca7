"""Leases without an end of time: what is granted ends, and is granted again.

Gray and Cheriton: Leases (1989), §2: a holder that fails delays others until its lease is over,
and no longer. What a step of `LeaseLock` does depends on differences of times alone, so states are
told apart by these: how long it is until the service may grant again, and how far each client's
clock is ahead of the service's. No bound on time cuts a run off. A grant is heard at once: one that
is late is a shorter lease. A number for each lease, which grows for ever, is left out.
"""

from quorate.model.language import *

TERM = 2
SKEW = 1


class Client(Sort): ...


class Wait(Nat):
    size = TERM + SKEW


class Ahead(Int, low=-SKEW, high=SKEW): ...


class RecurringLease(Protocol):
    """Clocks go on, and so does the service; clients ask again and again, and may do nothing."""

    wait: Wait = durable(0)
    holder: Client | None = durable(None)
    ahead: Map[Client, Ahead] = durable(0)
    asks: Map[Client, bool] = durable(False)

    @action(by="environment", fair="weak")
    def tick(self) -> None:
        require(all(self.ahead[c] > -SKEW for c in Client))
        for c in Client:
            self.ahead[c] -= 1
        if self.wait > 0:
            self.wait -= 1  # type: ignore[assignment]

    @action(by="environment", fair="weak", fair_for="c")
    def tick_client(self, c: Client) -> None:
        require(self.ahead[c] < SKEW)
        self.ahead[c] += 1

    @action
    def ask(self, c: Client) -> None:
        require(not self.asks[c])
        self.asks[c] = True

    @action(fair="weak", fair_for="c")
    def grant(self, c: Client) -> None:
        require(self.wait == 0)
        require(self.asks[c])
        self.wait = TERM + SKEW  # type: ignore[assignment]
        self.holder = c
        self.asks[c] = False

    @define
    def holds(self, c: Client) -> bool:
        """The lease is over at TERM on its own clock, SKEW before it is for the service."""
        return self.holder == c and self.ahead[c] + SKEW < self.wait

    @invariant
    def it_ends_for_the_client_first(self) -> bool:
        return all(not self.holds(c) or self.wait > 0 for c in Client)

    @reachable
    def somebody_holds_it(self) -> bool:
        return any(self.holds(c) for c in Client)

    @leads_to
    def every_lease_ends(self) -> tuple[bool, bool]:
        return self.wait > 0, self.wait == 0

    @leads_to
    def it_is_granted_again(self, c: Client) -> tuple[bool, bool]:
        return self.wait == 0 and self.asks[c], self.wait > 0

    @leads_to
    def everybody_is_served(self, c: Client) -> tuple[bool, bool]:
        """Not so: others may be served in between, again and again."""
        return self.asks[c], self.holder == c


class ImpartialLease(RecurringLease):
    """Whoever asks whenever the lease is free is not passed over for ever."""

    @action(fair="strong", fair_for="c")
    def grant(self, c: Client) -> None:
        super().grant(c)


class StoppedClock(ImpartialLease):
    """A client's clock may stop: the others cannot then go on for long, since they drift so little.

    That is what a declared bound means; a client whose clock has stopped has failed by it.
    """

    @action(by="environment")
    def tick_client(self, c: Client) -> None:
        super().tick_client(c)
