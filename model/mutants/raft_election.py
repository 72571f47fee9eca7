"""Mutants of Raft's elections. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import Map, Nat, action, require, volatile
from quorate.model.raft_election import Quorum, RaftElection, Role, Server, Term, Vote

from .registry import Mutant


class Votes(Nat): ...


class CountsVotes(RaftElection):
    count: Map[Server, Votes] = volatile(0)

    @action
    def timeout(self, s: Server, t: Term) -> None:
        super().timeout(s, t)
        self.count[s] = 1

    @action
    def receive_vote(self, s: Server, m: Vote) -> None:
        require(m.candidate == s and m.t == self.term[s])
        require(self.role[s] == Role.CANDIDATE)
        require(any(self.count[s] < n for n in Votes))
        self.count[s] += 1
        self.votes[s] = self.votes[s] | {m.voter}

    @action
    def lead(self, s: Server) -> None:
        require(self.role[s] == Role.CANDIDATE)
        require(any(len(q) <= self.count[s] for q in Quorum))
        self.role[s] = Role.LEADER


MUTANTS = (
    Mutant(
        name="counts-votes",
        code="R4",
        title="Votes are counted, and not the servers that they come from.",
        protocol=CountsVotes,
        violates="election_safety",
        steps=12,
        sizes={"Server": 4, "Value": 1, "Term": 1, "Index": 0, "Votes": 3},
        faults={"crash": 0},
        defect="duplicate-vote-counted",
        reference="xraft#27",
    ),
)
