"""Mutants of Raft. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import Map, define, volatile
from quorate.model.raft import Append, Raft, Server

from .registry import Mutant


class ForgetsVote(Raft):
    voted_for: Map[Server, Server | None] = volatile(None)


class AlwaysTruncates(Raft):
    @define
    def conflicts(self, s: Server, m: Append) -> bool:
        return True


MUTANTS = (
    Mutant(
        name="forgets-vote",
        code="R1",
        title="`votedFor` is not persisted: a server votes twice in a term.",
        protocol=ForgetsVote,
        violates="election_safety",
        steps=10,
        sizes={"Server": 3, "Value": 1, "Term": 1, "Index": 0},
        faults={"crash": 1},
        reference="pysyncobj#84, fixed in 0.3.16; raft-java#57",
    ),
    Mutant(
        name="always-truncates",
        code="R11",
        title="A follower truncates what follows the new entries, though nothing conflicts.",
        protocol=AlwaysTruncates,
        violates="leader_completeness",
        steps=14,
        sizes={"Server": 3, "Value": 1, "Term": 1, "Index": 1},
        faults={"crash": 0},
        reference="pysyncobj 0.3.17; CCF PR 5991",
    ),
)
