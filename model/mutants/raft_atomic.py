"""Mutants of Raft whose exchanges are single steps. Each overrides the one rule of its bug."""

from quorate.model.language import action, define, require
from quorate.model.raft_atomic import AtomicRaft
from quorate.model.raft_election import Index, Role, Server
from quorate.model.raft_monotone import MonotoneRaft

from .registry import Mutant


class ComparesLengths(AtomicRaft):
    @define
    def is_up_to_date(self, u: Server, s: Server) -> bool:
        return len(self.log[u]) <= len(self.log[s])


class CountsOldEntries(AtomicRaft):
    @define
    def may_commit(self, s: Server, n: Index) -> bool:
        return True


class LowersCommit(MonotoneRaft):
    @action
    def replicate(self, s: Server, u: Server, n: Index, k: Index) -> None:
        super().replicate(s, u, n, k)
        self.commit[u] = min(self.commit[s], k)


class CommitsOwnEntries(AtomicRaft):
    @action
    def replicate(self, s: Server, u: Server, n: Index, k: Index) -> None:
        super().replicate(s, u, n, k)
        self.commit[u] = max(self.commit[u], min(self.commit[s], len(self.log[u])))


class KeepsTail(AtomicRaft):
    @action
    def replicate(self, s: Server, u: Server, n: Index, k: Index) -> None:
        tail = self.log[u][k:]
        super().replicate(s, u, n, k)
        if len(self.log[u]) == k:
            self.log[u] = self.log[u] + tail


class LowersMatch(MonotoneRaft):
    @action
    def replicate(self, s: Server, u: Server, n: Index, k: Index) -> None:
        super().replicate(s, u, n, k)
        self.match[s, u] = k


class CountsRefusals(AtomicRaft):
    @action
    def refuse(self, s: Server, u: Server, n: Index) -> None:
        require(self.role[s] == Role.LEADER and self.term[u] == self.term[s])
        require(n <= len(self.log[s]) and len(self.log[u]) < n)
        self.match[s, u] = len(self.log[u])


class AcceptsGaps(AtomicRaft):
    @define
    def has_prefix(self, s: Server, u: Server, n: Index) -> bool:
        return len(self.log[u]) == 0 or (
            n <= len(self.log[u]) and self.term_at(u, n) == self.term_at(s, n)
        )


MUTANTS = (
    Mutant(
        name="compares-lengths",
        code="R7",
        title="The longer log is up to date, whatever its last term.",
        protocol=ComparesLengths,
        violates="leader_completeness",
        steps=8,
        sizes={"Server": 3, "Value": 1, "Term": 3, "Index": 1},
        faults={"crash": 0},
        defect="compares-lengths",
        reference="noraft PR 22; liferaft PR 6; influxdb PR 1663",
    ),
    Mutant(
        name="counts-old-entries",
        code="R8",
        title="A leader commits an entry of an earlier term by counting (figure 8).",
        protocol=CountsOldEntries,
        violates="leader_completeness",
        steps=10,
        sizes={"Server": 3, "Value": 1, "Term": 4, "Index": 1},
        faults={"crash": 0},
        defect="commits-old-terms",
        reference="pysyncobj#169; nats PR 7955; CCF PR 5748",
    ),
    Mutant(
        name="lowers-commit",
        code="R9",
        title="A follower takes over a commit index that is below its own.",
        protocol=LowersCommit,
        violates="commits_only_grow",
        steps=6,
        sizes={"Server": 3, "Value": 1, "Term": 1, "Index": 1},
        faults={"crash": 0},
        defect="commits-backwards",
        reference="pysyncobj#166; ongardie/raft.tla#19",
    ),
    Mutant(
        name="commits-own-entries",
        code="R10",
        title="A follower commits up to its own last entry, not up to the last new one.",
        protocol=CommitsOwnEntries,
        violates="state_machine_safety",
        steps=8,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 1},
        faults={"crash": 0},
        defect="commits-own-entries",
        reference="atomix/copycat#265; CCF PR 6001",
    ),
    Mutant(
        name="keeps-tail",
        code="R12",
        title="A conflicting entry is replaced, and those that follow it are kept.",
        protocol=KeepsTail,
        violates="log_matching",
        steps=8,
        sizes={"Server": 5, "Value": 1, "Term": 2, "Index": 2},
        faults={"crash": 0},
        defect="keeps-tail",
        reference="mofa PR 1151",
    ),
    Mutant(
        name="lowers-match",
        code="R14",
        title="An acknowledgement that comes late lowers what a follower is known to have.",
        protocol=LowersMatch,
        violates="matches_only_grow",
        steps=4,
        sizes={"Server": 3, "Value": 1, "Term": 1, "Index": 1},
        faults={"crash": 0},
        defect="matches-backwards",
        reference="pysyncobj#167",
    ),
    Mutant(
        name="counts-refusals",
        code="R15",
        title="The hint in a refusal is taken for what the follower has of the leader's log.",
        protocol=CountsRefusals,
        violates="leader_completeness",
        steps=9,
        sizes={"Server": 3, "Value": 1, "Term": 3, "Index": 2},
        faults={"crash": 0},
        defect="matches-hints",
        reference="CCF#5325",
    ),
    Mutant(
        name="accepts-gaps",
        code="M5",
        title="A follower with an empty log accepts entries, whatever comes before them.",
        protocol=AcceptsGaps,
        violates="leader_completeness",
        steps=5,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 1},
        faults={"crash": 0},
        defect="accepts-gaps",
        reference="oxia PR 1239",
    ),
)
