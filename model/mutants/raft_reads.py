"""Mutants of reads from a Raft leader. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import define
from quorate.model.raft_election import Quorum, Server
from quorate.model.raft_reads import ReadIndex

from .registry import Mutant


class AsksOneTooFew(ReadIndex):
    @define
    def may_answer(self, s: Server) -> bool:
        return self.reading[s] is not None and any(
            len(q) <= len(self.confirmed[s]) + 1 for q in Quorum
        )


class ReadsTooSoon(ReadIndex):
    @define
    def knows_commits(self, s: Server) -> bool:
        return True


MUTANTS = (
    Mutant(
        name="asks-one-too-few",
        code="R25",
        title="A read is answered when one server less than a majority has confirmed the leader.",
        protocol=AsksOneTooFew,
        violates="no_read_is_stale",
        steps=10,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 2},
        faults={"crash": 0},
        defect="asks-one-too-few",
        reference="async-raft PR 143",
    ),
    Mutant(
        name="reads-too-soon",
        code="RI1",
        title="A leader reads before it has committed an entry of its term.",
        protocol=ReadsTooSoon,
        violates="no_read_is_stale",
        steps=8,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 1},
        faults={"crash": 0},
        defect="reads-too-soon",
        reference="Ongaro 2014, §6.4, step 1",
    ),
)
