"""Mutants of reads by leases of a Raft leader. Each class overrides the one rule of its bug."""

from quorate.model.language import action, define
from quorate.model.raft_election import Server
from quorate.model.raft_leases import AnsweredLeaseReads, Lease, Margin

from .registry import Mutant


class TrustsTicks(AnsweredLeaseReads):
    @define
    def is_covered(self, s: Server, u: Server) -> bool:
        sent = self.answered[s, u]
        return sent is not None and any(self.clock[s] < sent + k + m for k in Lease for m in Margin)


class VotesAtOnce(AnsweredLeaseReads):
    @define
    def may_vote(self, s: Server) -> bool:
        return True


class ForgetsThatItHeard(AnsweredLeaseReads):
    @action(fault="crash")
    def restart(self, s: Server) -> None:
        super().restart(s)
        self.heard[s] = None


class LeasesTooSoon(AnsweredLeaseReads):
    @define
    def knows_commits(self, s: Server) -> bool:
        return True


_CLOCKS = {"Time": 0, "Lease": 1, "Margin": 2, "Drift": 1}
_SIZES = {"Server": 3, "Value": 1, "Term": 2, "Index": 2, **_CLOCKS}

MUTANTS = (
    Mutant(
        name="trusts-ticks",
        code="R24",
        title="A lease lasts as long as the others wait, as if clocks did not drift.",
        protocol=TrustsTicks,
        violates="no_read_is_stale",
        steps=17,
        sizes={**_SIZES, "Time": 3},
        faults={"crash": 0},
        defect="trusts-ticks",
        reference="tikv#964; etcd#6005",
    ),
    Mutant(
        name="votes-at-once",
        code="RL1",
        title="A server votes for another although it has just heard from its leader.",
        protocol=VotesAtOnce,
        violates="no_read_is_stale",
        steps=9,
        sizes=_SIZES,
        faults={"crash": 0},
        defect="votes-at-once",
        reference="Ongaro 2014, §6.4.1, §4.2.3",
    ),
    Mutant(
        name="forgets-that-it-heard",
        code="RL2",
        title="Whoever restarts votes at once: it has forgotten that it heard from a leader.",
        protocol=ForgetsThatItHeard,
        violates="no_read_is_stale",
        steps=10,
        sizes=_SIZES,
        faults={"crash": 1},
        defect="forgets-that-it-heard",
        reference="Gray and Cheriton 1989, §2: a server that restarts waits for a lease to end",
    ),
    Mutant(
        name="leases-too-soon",
        code="RL3",
        title="A new leader with a lease reads before it has committed an entry of its term.",
        protocol=LeasesTooSoon,
        violates="no_read_is_stale",
        steps=15,
        sizes={**_SIZES, "Index": 1, "Time": 3},
        faults={"crash": 0},
        defect="reads-too-soon",
        reference="Ongaro 2014, §6.4, step 1",
    ),
)
