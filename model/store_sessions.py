"""Replicated stores as their clients see them: each command happens once.

Ongaro: Consensus: Bridging Theory and Practice (2014), §6.3. A client numbers its commands. Without
an answer it sends one again, so a log may hold it twice; a store does it once, for it remembers the
number of each client's latest, its session. That is state like any other, so a snapshot has it.
"""

from .language import *


# fmt: off
class Store(Sort): ...
class Client(Sort): ...
class Number(Ordered, bottom="zero"): ...
# fmt: on


class StoreSessions(Protocol):
    """A command puts its number under its client's name: that is what a store `holds`.

    `newest` is history: the latest command of a client that a store was given.
    """

    faults = {"crash": 1}

    session: Map[Store, Client, Number] = durable(Number.zero)
    holds: Map[Store, Client, Number] = durable(Number.zero)
    newest: Map[Store, Client, Number] = durable(Number.zero)

    @action
    def submit(self, x: Store, c: Client, n: Number) -> None:
        """A new command of a client, or one that it sends again. It may have given up on others."""
        self.newest[x, c] = max(self.newest[x, c], n)
        if self.is_new(x, c, n):
            self.session[x, c] = n
            self.holds[x, c] = n

    @action(fault="crash")
    def restart(self, x: Store) -> None:
        """From its snapshot. That changes nothing here: it is for code, which may forget."""
        for c in Client:
            self.session[x, c] = self.session[x, c]

    @define
    def is_new(self, x: Store, c: Client, n: Number) -> bool:
        return self.session[x, c] < n

    @invariant
    def no_command_happens_again(self) -> bool:
        return all(self.holds[x, c] == self.newest[x, c] for x in Store for c in Client)

    @reachable
    def every_store_has_the_last_commands(self) -> bool:
        return all(n <= self.holds[x, c] for x in Store for c in Client for n in Number)
