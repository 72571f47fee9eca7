"""Mutants of reads by leases of a Raft leader. Each class overrides the one rule of its bug."""

from quorate.model.language import action, define
from quorate.model.raft_election import Server
from quorate.model.raft_leases import Lease, LeaseReads

from .registry import Mutant


class TrustsTicks(LeaseReads):
    @define
    def has_waited(self, s: Server) -> bool:
        heard = self.heard[s]
        return heard is not None and all(heard + k <= self.clock[s] for k in Lease)


class VotesAtOnce(LeaseReads):
    @define
    def may_vote(self, s: Server) -> bool:
        return True


class ForgetsThatItHeard(LeaseReads):
    @action(fault="crash")
    def restart(self, s: Server) -> None:
        super().restart(s)
        self.heard[s] = None


class LeasesTooSoon(LeaseReads):
    @define
    def knows_commits(self, s: Server) -> bool:
        return True


_SIZES = {"Server": 3, "Value": 1, "Term": 2, "Index": 2, "Time": 0, "Lease": 1, "Drift": 1}

MUTANTS = (
    Mutant(
        name="trusts-ticks",
        code="R24",
        title="A lease lasts as long as the others wait, as if clocks did not drift.",
        protocol=TrustsTicks,
        violates="no_read_is_stale",
        steps=10,
        sizes={**_SIZES, "Time": 1},
        faults={"crash": 0},
        reference="tikv#964; etcd#6005",
    ),
    Mutant(
        name="votes-at-once",
        code="RL1",
        title="A server votes for another although it has just heard from its leader.",
        protocol=VotesAtOnce,
        violates="no_read_is_stale",
        steps=8,
        sizes={**_SIZES, "Margin": 2},
        faults={"crash": 0},
        reference="Ongaro 2014, §6.4.1, §4.2.3",
    ),
    Mutant(
        name="forgets-that-it-heard",
        code="RL2",
        title="Whoever restarts votes at once: it has forgotten that it heard from a leader.",
        protocol=ForgetsThatItHeard,
        violates="no_read_is_stale",
        steps=9,
        sizes={**_SIZES, "Margin": 2},
        faults={"crash": 1},
        reference="Gray and Cheriton 1989, §2: a server that restarts waits for a lease to end",
    ),
    Mutant(
        name="leases-too-soon",
        code="RL3",
        title="A new leader with a lease reads before it has committed an entry of its term.",
        protocol=LeasesTooSoon,
        violates="no_read_is_stale",
        steps=14,
        sizes={**_SIZES, "Index": 1, "Time": 3, "Margin": 2},
        faults={"crash": 0},
        reference="Ongaro 2014, §6.4, step 1",
    ),
)
