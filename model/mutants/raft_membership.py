"""Mutants of Raft's membership changes. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import Set, define
from quorate.model.raft_election import Index, Server, Value
from quorate.model.raft_membership import JointConsensus, SingleServerChanges

from .registry import Mutant


class CountsTheUnion(JointConsensus):
    @define
    def is_quorum(self, s: Server, q: Set[Server]) -> bool:
        return self.is_majority(q, self.configuration(s) | self.outgoing(s))


class EndsTooEarly(JointConsensus):
    @define
    def is_settled(self, s: Server) -> bool:
        return True


class ChangesBeforeCommitting(SingleServerChanges):
    @define
    def has_committed(self, s: Server) -> bool:
        return True


class ChangesSeveral(SingleServerChanges):
    @define
    def may_change(self, s: Server, v: Value) -> bool:
        return self.is_settled(s) and self.has_committed(s)


class AppliesLate(SingleServerChanges):
    @define
    def reach(self, s: Server) -> Index:
        return self.commit[s]


MUTANTS = (
    Mutant(
        name="counts-the-union",
        code="R19",
        title="During a change a majority of all servers, old and new, is enough.",
        protocol=CountsTheUnion,
        violates="leader_completeness",
        steps=6,
        sizes={"Server": 5, "Value": 1, "Term": 2, "Index": 1},
        faults={"crash": 0},
        defect="counts-the-union",
        reference="CCF#3948; async-raft#62",
    ),
    Mutant(
        name="changes-before-committing",
        code="R20",
        title="A new leader changes the members before it has committed an entry of its term.",
        protocol=ChangesBeforeCommitting,
        violates="leader_completeness",
        steps=8,
        sizes={"Server": 4, "Value": 2, "Term": 3, "Index": 1},
        faults={"crash": 0},
        defect="changes-before-committing",
        reference="Ongaro, raft-dev, 2015; hydro PR 3192; braft#182; openraft PR 2051",
    ),
    Mutant(
        name="applies-late",
        code="R21",
        title="A configuration is in force only once it is known to be committed.",
        protocol=AppliesLate,
        violates="election_safety",
        steps=12,
        sizes={"Server": 2, "Value": 3, "Term": 2, "Index": 3},
        faults={"crash": 1},
        defect="applies-late",
        reference="etcd#11284; etcd-io/raft#456",
    ),
    Mutant(
        name="ends-too-early",
        code="RM1",
        title="The new configuration follows before that of both is committed.",
        protocol=EndsTooEarly,
        violates="leader_completeness",
        steps=5,
        sizes={"Server": 3, "Value": 2, "Term": 2, "Index": 2},
        faults={"crash": 0},
        defect="ends-change-early",
        reference="Ongaro 2014, §4.3",
    ),
    Mutant(
        name="changes-several",
        code="RM2",
        title="Several servers are changed at once, without joint consensus.",
        protocol=ChangesSeveral,
        violates="leader_completeness",
        steps=7,
        sizes={"Server": 3, "Value": 2, "Term": 2, "Index": 2},
        faults={"crash": 0},
        defect="changes-at-once",
        reference="Ongaro 2014, §4.1, figure 4.2",
    ),
)
