"""Leaders of Raft that depose each other for ever, and the stable leader that ends it.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.6: Raft makes
progress while the time between failures exceeds that of an election by far.

As in `duel.py`, a bound on terms would end the duel, so terms are ranks: of the terms and last
entries that servers have, the lowest is 1. Steps only compare them. A leader adds one entry, its
client's command, so logs that end in the same term are the same, and the term of the last entry
stands for the log. A leader that others have left may commit in Raft what they acknowledged before,
and not here: the lasso, in which nobody acknowledges anything, is one of `AtomicRaft` step by step.
"""

from .language import *


# fmt: off
class Server(Sort): ...
class Rank(Nat): ...        # twice as many as servers
class Quorum(Majority[Server]): ...
# fmt: on


class RaftDuel(Protocol):
    """Whoever does not lead campaigns again and again; nobody and nothing is slow for ever."""

    term: Map[Server, Rank] = durable(0)
    last: Map[Server, Rank] = durable(0)
    leads: Map[Server, bool] = durable(False)
    committed: bool = durable(False)

    @action(fair="weak", fair_for="s")
    def elect(self, s: Server, q: Quorum) -> None:
        require(self.may_campaign(s) and not self.leads[s])
        require(s in q and all(self.last[u] <= self.last[s] for u in q))
        terms = {u: self.rank(self.term[u], q) for u in Server}
        lasts = {u: self.rank(self.last[u], q) for u in Server}
        top = len([n for n in Rank if self.is_in_use(n, q)]) + 1
        for u in Server:
            self.term[u] = top if u in q else terms[u]
            self.last[u] = lasts[u]
            self.leads[u] = u == s or (self.leads[u] and u not in q)

    @action(fair="weak", fair_for="s")
    def request(self, s: Server) -> None:
        require(self.leads[s] and self.last[s] < self.term[s])
        self.last[s] = self.term[s]

    @action(fair="weak", fair_for=("s", "u"))
    def replicate(self, s: Server, u: Server) -> None:
        require(self.leads[s] and self.term[u] <= self.term[s])
        require(self.term[u] < self.term[s] or self.last[u] < self.last[s])
        self.term[u] = self.term[s]
        self.last[u] = self.last[s]
        self.leads[u] = False

    @action(fair="weak", fair_for="s")
    def commit(self, s: Server, q: Quorum) -> None:
        require(not self.committed)
        require(self.leads[s] and self.last[s] == self.term[s])
        require(all(self.term[u] == self.term[s] and self.last[u] == self.last[s] for u in q))
        self.committed = True

    @define
    def may_campaign(self, s: Server) -> bool:
        return not self.committed

    @define
    def is_in_use(self, n: Rank, q: Quorum) -> bool:
        """Whether anyone has this rank once the quorum has gone on to a new term."""
        return n > 0 and any(
            self.last[u] == n or (u not in q and self.term[u] == n) for u in Server
        )

    @define
    def rank(self, n: Rank, q: Quorum) -> Rank:
        return len([m for m in Rank if m <= n and self.is_in_use(m, q)])  # type: ignore[return-value]

    @invariant
    def one_leader_a_term(self) -> bool:
        leaders = [s for s in Server if self.leads[s]]
        return all(s == u for s in leaders for u in leaders if self.term[s] == self.term[u])

    @reachable
    def a_command_is_committed(self) -> bool:
        return self.committed

    @eventually
    def something_is_committed(self) -> bool:
        return self.committed


class StableRaft(RaftDuel):
    """From some point on, nobody but one leader campaigns: the others hear from it in time."""

    stable: Server | None = durable(None)

    @action(by="environment", fair="weak")
    def settle(self, s: Server) -> None:
        require(self.stable is None)
        self.stable = s

    @define
    def may_campaign(self, s: Server) -> bool:
        return not self.committed and (self.stable is None or self.stable == s)
