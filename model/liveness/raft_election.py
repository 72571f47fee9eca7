"""Elections of Raft end if there is one candidate; votes that are split elect nobody.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.2: "without
extra measures split votes could repeat indefinitely". Terms end here, so a run in which votes are
split in every term ends with the last one; `Duel` has the endless run of two proposers. Who crashes
in the last term cannot be elected in a later one, so crashes are for `RaftElection` alone.
"""

from quorate.model.language import action, durable, eventually, init, require
from quorate.model.raft_election import RaftElection, RequestVote, Role, Server, Term, Vote


class SplitVotes(RaftElection):
    """Whoever can stand for election does, all at once if it so happens."""

    @action(fair="weak", fair_for="s")
    def timeout(self, s: Server, t: Term) -> None:
        super().timeout(s, t)

    @action(fair="weak", fair_for="s")
    def step_down(self, s: Server, t: Term) -> None:
        super().step_down(s, t)

    @action(fair="weak", fair_for="s")
    def grant(self, s: Server, m: RequestVote) -> None:
        super().grant(s, m)

    @action(fair="weak", fair_for="s")
    def receive_vote(self, s: Server, m: Vote) -> None:
        super().receive_vote(s, m)

    @action(fair="weak", fair_for="s")
    def lead(self, s: Server) -> None:
        super().lead(s)

    @eventually
    def somebody_leads(self) -> bool:
        return any(self.role[s] == Role.LEADER for s in Server)


class OneCandidate(SplitVotes):
    """One server alone times out, as random timeouts bring about sooner or later."""

    candidate: Server | None = durable(None)

    @init
    def anyone_may_be_the_first(self, s: Server) -> None:
        self.candidate = s

    @action(fair="weak", fair_for="s")
    def timeout(self, s: Server, t: Term) -> None:
        require(self.candidate == s)
        super().timeout(s, t)
