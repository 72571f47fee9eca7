"""Mutants of Raft's snapshots. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import action, define, require
from quorate.model.raft_election import Index, Role, Server, Term
from quorate.model.raft_snapshots import RaftSnapshots, SnapshotsIfNeeded

from .registry import Mutant


class LosesLastTerm(RaftSnapshots):
    @define
    def last_term(self, s: Server) -> Term:
        return self.log[s][-1].t if self.base[s] < len(self.log[s]) else Term.zero


class DropsWhatFollows(SnapshotsIfNeeded):
    @define
    def keeps_entries(self, s: Server, u: Server, n: Index) -> bool:
        return False


class SkipsTheCheck(RaftSnapshots):
    @define
    def has_prefix(self, s: Server, u: Server, n: Index) -> bool:
        return n <= len(self.log[u]) and (
            n == self.base[s] or self.term_at(u, n) == self.term_at(s, n)
        )


class TakesSnapshotsTerm(SnapshotsIfNeeded):
    @action
    def install(self, s: Server, u: Server, n: Index) -> None:
        lacks_it = self.commit[u] < n
        super().install(s, u, n)
        if lacks_it:
            self.term[u] = self.term_at(s, n)


class AppendsNothing(RaftSnapshots):
    """As in WRaft, whoever takes an append commits what it has of its own (R10)."""

    @action
    def append_nothing(self, s: Server, u: Server) -> None:
        require(self.role[s] == Role.LEADER and self.role[u] != Role.LEADER)
        require(self.term[u] == self.term[s])
        require(self.base[s] == 1)  # the entry to send is the one that the snapshot ends with
        self.commit[u] = max(self.commit[u], min(self.commit[s], len(self.log[u])))


MUTANTS = (
    Mutant(
        name="skips-the-check",
        code="RS2",
        title="What follows the leader's snapshot is accepted by whoever has as many entries.",
        protocol=SkipsTheCheck,
        violates="state_machine_safety",
        steps=9,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 1},
        faults={"crash": 0},
        defect="sends-no-term",
        reference="WRaft PR 118",
    ),
    Mutant(
        name="appends-nothing",
        code="R16",
        title="In place of a snapshot of the first entry an append without entries is sent.",
        protocol=AppendsNothing,
        violates="state_machine_safety",
        steps=9,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 1},
        faults={"crash": 0},
        defect="appends-nothing",
        reference="WRaft PR 118; RedisLabs/raft PR 47",
    ),
    Mutant(
        name="takes-the-term",
        code="R17",
        title="Whoever installs a snapshot takes the term of its last entry for the current one.",
        protocol=TakesSnapshotsTerm,
        violates="election_safety",
        steps=9,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 1},
        faults={"crash": 0},
        defect="takes-snapshots-term",
        reference="WRaft PR 118",
    ),
    Mutant(
        name="drops-what-follows",
        code="R18",
        title="Installing a snapshot drops the entries that follow it.",
        protocol=DropsWhatFollows,
        violates="leader_completeness",
        steps=8,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 2},
        faults={"crash": 0},
        defect="drops-what-follows",
        reference="hashicorp/raft PR 704; camunda#6092; openraft#511",
    ),
    Mutant(
        name="loses-last-term",
        code="RS1",
        title="Whoever has nothing but a snapshot has forgotten the term of its last entry.",
        protocol=LosesLastTerm,
        violates="leader_completeness",
        steps=9,
        sizes={"Server": 3, "Value": 1, "Term": 3, "Index": 1},
        faults={"crash": 0},
        defect="loses-last-term",
        reference="Ongaro, Ousterhout 2014, §7: last included term",
    ),
)
