"""Mutants of Raft's pre-votes. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import define
from quorate.model.raft_election import Role, Server
from quorate.model.raft_prevote import AskPreVote, PreVoting

from .registry import Mutant


class IgnoresTheTimeout(PreVoting):
    @define
    def has_no_leader(self, s: Server) -> bool:
        return self.role[s] != Role.LEADER


class LeaderGrants(PreVoting):
    @define
    def has_no_leader(self, s: Server) -> bool:
        return not self.hears[s]


class IgnoresTheLog(PreVoting):
    @define
    def is_good_enough(self, s: Server, m: AskPreVote) -> bool:
        return True


MUTANTS = (
    Mutant(
        name="leader-grants",
        code="R23",
        title="A leader grants a pre-vote.",
        protocol=LeaderGrants,
        violates="a_stable_leader_stays",
        steps=14,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 0},
        faults={"crash": 0},
        defect="leader-grants-pre-vote",
        reference="daos-raft PR 70",
    ),
    Mutant(
        name="ignores-the-timeout",
        code="RP1",
        title="A pre-vote is granted by who has just heard from a leader.",
        protocol=IgnoresTheTimeout,
        violates="a_stable_leader_stays",
        steps=14,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 0},
        faults={"crash": 0},
        defect="pre-vote-while-in-touch",
        reference="Ongaro 2014, §4.2.3",
    ),
    Mutant(
        name="ignores-the-log",
        code="RP2",
        title="A pre-vote is granted whatever the log of who asks.",
        protocol=IgnoresTheLog,
        violates="candidates_could_win",
        steps=3,
        sizes={"Server": 3, "Value": 1, "Term": 1, "Index": 1},
        faults={"crash": 0},
        defect="pre-vote-ignores-log",
        reference="Ongaro 2014, §9.6",
    ),
)
