"""Reads that a Raft leader answers alone, while the others have promised to elect nobody else.

Ongaro: Consensus: Bridging Theory and Practice (2014), §6.4.1 and §4.2.3. A leader whose heartbeats
a majority answers has a lease, which it counts from when it began to send them, on its own clock.
Who hears from a leader votes for nobody until a lease and a margin have passed on its own clock.
While one clock advances by k, another advances by k - 2·Drift at least: a margin of 2·Drift is
enough, and one of 2·Drift - 1 is not. `leader_lease.LeaderLease` is the same without a log; there
a promise names the time on the leader's clock, and a margin of Drift is enough.
"""

from .language import *
from .raft_atomic import AtomicRaft
from .raft_election import Index, Role, Server, Term


# fmt: off
class Time(Nat): ...
class Lease(Nat): ...       # how long a lease lasts, in ticks of the leader's clock
class Margin(Nat): ...      # how much longer a follower waits, in ticks of its own
class Drift(Nat): ...       # how far two clocks may be apart
# fmt: on


class LeaseReads(AtomicRaft):
    """`began` is when a leader began its last round of heartbeats, on its own clock, and `answered`
    which round a server answered last; `heard` is when a server last heard from a leader, on its
    own. `newest` is history: how much is committed, whoever knows it. Proved for any size, with a
    margin of twice the drift, by `ProvedLeaseReads`.
    """

    clock: Map[Server, Time] = clocks(drift=Drift)
    began: Map[Server, Time] = volatile(0)
    answered: Map[Server, Server, Time | None] = volatile(None)
    heard: Map[Server, Time | None] = durable(None)
    newest: Index = durable(0)

    @action
    def begin_round(self, s: Server) -> None:
        require(self.role[s] == Role.LEADER)
        require(self.began[s] < self.clock[s])
        self.began[s] = self.clock[s]

    @action
    def replicate(self, s: Server, u: Server, n: Index, k: Index) -> None:
        """As a part of the leader's round."""
        super().replicate(s, u, n, k)
        self.heard[u] = self.clock[u]
        self.answered[s, u] = self.began[s]

    @action
    def time_out(self, s: Server) -> None:
        """§4.2.3: it votes again once it has heard from no leader for an election timeout."""
        heard = self.heard[s]
        require(heard is not None)
        require(self.has_waited(s))
        self.heard[s] = None

    @action
    def elect(self, s: Server, t: Term, q: Set[Server]) -> None:
        require(all(self.may_vote(u) for u in q))
        super().elect(s, t, q)
        for u in q:
            self.began[u] = self.clock[s] if u == s else 0
            for w in Server:
                self.answered[u, w] = None

    @action
    def step_down(self, s: Server, u: Server) -> None:
        super().step_down(s, u)
        self.began[s] = 0
        for w in Server:
            self.answered[s, w] = None

    @action
    def advance_commit(self, s: Server, n: Index) -> None:
        super().advance_commit(s, n)
        self.newest = max(self.newest, n)

    @action(fault="crash")
    def restart(self, s: Server) -> None:
        """It may have heard from a leader just before."""
        super().restart(s)
        self.heard[s] = self.clock[s]

    @define
    def may_vote(self, s: Server) -> bool:
        return self.heard[s] is None

    @define
    def has_waited(self, s: Server) -> bool:
        heard = self.heard[s]
        return heard is not None and all(
            heard + k + m <= self.clock[s] for k in Lease for m in Margin
        )

    @define
    def holds_lease(self, s: Server) -> bool:
        holders = {u for u in Server if u == s or self.is_covered(s, u)}
        return self.is_quorum(s, holders)  # type: ignore[arg-type]

    @define
    def is_covered(self, s: Server, u: Server) -> bool:
        sent = self.answered[s, u]
        return sent is not None and any(self.clock[s] < sent + k for k in Lease)

    @define
    def knows_commits(self, s: Server) -> bool:
        """§6.4, step 1: an entry of its own term is committed, so all that was before is."""
        return self.term_at(s, self.commit[s]) == self.term[s]

    @define
    def may_read(self, s: Server) -> bool:
        return self.role[s] == Role.LEADER and self.knows_commits(s) and self.holds_lease(s)

    @invariant
    def no_read_is_stale(self) -> bool:
        """Whoever may answer a read has all that is committed."""
        return all(self.newest <= self.commit[s] for s in Server if self.may_read(s))

    @reachable
    def a_new_leader_reads(self) -> bool:
        """Before the old one has noticed."""
        leaders = [s for s in Server if self.role[s] == Role.LEADER]
        return any(
            self.may_read(s) and self.term[u] < self.term[s] for s in leaders for u in leaders
        )


class AnsweredLeaseReads(LeaseReads):
    """Reads are steps, at the grain of our code. No rule reads `read_up_to` and `stale`: history.

    Who does not have what comes before new entries has heard from the leader all the same, and who
    has seen no term has heard from nobody when it restarts.
    """

    read_up_to: Map[Server, Index | None] = volatile(None)
    stale: bool = durable(False)

    @action
    def mismatch(self, s: Server, u: Server, n: Index) -> None:
        """A message of the leader's round that follows what u does not have."""
        require(self.role[s] == Role.LEADER and self.role[u] != Role.LEADER)
        require(self.term[u] == self.term[s])
        require(n <= len(self.log[s]) and not self.has_prefix(s, u, n))
        self.heard[u] = self.clock[u]
        self.answered[s, u] = self.began[s]

    @action
    def elect(self, s: Server, t: Term, q: Set[Server]) -> None:
        super().elect(s, t, q)
        for u in q:
            self.read_up_to[u] = None

    @action
    def step_down(self, s: Server, u: Server) -> None:
        super().step_down(s, u)
        self.read_up_to[s] = None

    @action
    def read(self, s: Server) -> None:
        require(self.may_read(s))
        self.read_up_to[s] = self.commit[s]
        if self.commit[s] < self.newest:
            self.stale = True

    @action(fault="crash")
    def restart(self, s: Server) -> None:
        super().restart(s)
        if self.term[s] == Term.zero:
            self.heard[s] = None

    @invariant
    def no_read_is_stale(self) -> bool:
        return not self.stale
