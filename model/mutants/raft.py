"""Mutants of Raft. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import Map, action, define, require, volatile
from quorate.model.raft import Append, Raft, Server
from quorate.model.raft_election import Role, Term, Vote
from quorate.model.raft_prompt import InterruptedRaft

from .registry import Mutant


class ForgetsVote(Raft):
    voted_for: Map[Server, Server | None] = volatile(None)


class ForgetsTerm(Raft):
    term: Map[Server, Term] = volatile(Term.zero)
    voted_for: Map[Server, Server | None] = volatile(None)


class ForgetsVoteOnAppend(Raft):
    @action
    def receive_append(self, s: Server, m: Append) -> None:
        super().receive_append(s, m)
        self.voted_for[s] = None


class CountsOldVotes(Raft):
    @action
    def receive_vote(self, s: Server, m: Vote) -> None:
        require(m.candidate == s and m.t <= self.term[s])
        require(self.role[s] == Role.CANDIDATE)
        require(m.voter not in self.votes[s])
        self.votes[s] = self.votes[s] | {m.voter}


class SkipsCheck(Raft):
    @define
    def has_prefix(self, s: Server, m: Append) -> bool:
        return m.prefix <= len(self.log[s])


class WritesTwice(InterruptedRaft):
    """That there is no vote is written first, and the term is not."""

    @action(fault="crash")
    def crash_between(self, s: Server, t: Term) -> None:
        super().crash_between(s, t)
        self.voted_for[s] = None


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
        defect="forgets-vote",
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
        defect="always-truncates",
        reference="pysyncobj 0.3.17; CCF PR 5991",
    ),
    Mutant(
        name="forgets-term",
        code="R2",
        title="Term and vote are not persisted.",
        protocol=ForgetsTerm,
        violates="election_safety",
        steps=11,
        sizes={"Server": 3, "Value": 1, "Term": 1, "Index": 0},
        faults={"crash": 1},
        defect="forgets-term",
        reference="pysyncobj#201, PR 202",
    ),
    Mutant(
        name="forgets-vote-on-append",
        code="R3",
        title="Becoming a follower clears the vote, in the same term too.",
        protocol=ForgetsVoteOnAppend,
        violates="election_safety",
        steps=11,
        sizes={"Server": 3, "Value": 1, "Term": 1, "Index": 0},
        faults={"crash": 0},
        defect="forgets-vote-on-append",
        reference="redpanda PR 14; camunda#5356",
    ),
    Mutant(
        name="old-vote-counted",
        code="R5",
        title="A vote of an earlier term counts in this one.",
        protocol=CountsOldVotes,
        violates="election_safety",
        steps=11,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 0},
        faults={"crash": 0},
        defect="old-vote-counted",
        reference="xraft#33; little-raft#44; akka-raft#46",
    ),
    Mutant(
        name="writes-twice",
        code="R6",
        title="A new term and no vote in it are two writes, and a crash comes between them.",
        protocol=WritesTwice,
        violates="election_safety",
        steps=13,
        sizes={"Server": 5, "Value": 1, "Term": 2, "Index": 0},
        faults={"crash": 1},
        defect="writes-twice",
        reference="hashicorp/raft#661; willemt/raft PR 47",
    ),
    Mutant(
        name="skips-check",
        code="R13",
        title="Entries are taken after a prefix of another term.",
        protocol=SkipsCheck,
        violates="log_matching",
        steps=16,
        sizes={"Server": 3, "Value": 1, "Term": 2, "Index": 2},
        faults={"crash": 0},
        defect="skips-check",
        reference="related: WRaft PR 118",
    ),
)
