"""Leader election at the grain of most code: a message is handled whole, in one step.

Who hears of a higher term follows, and then votes; who has the votes leads at once.
"""

from quorate.model.language import action, require
from quorate.model.raft_election import Quorum, RaftElection, RequestVote, Role, Server, Vote


class Election(RaftElection):
    step_down = lead = None  # parts of the other steps

    @action
    def grant(self, s: Server, m: RequestVote) -> None:
        require(m.candidate != s)
        require(self.term[s] <= m.t)
        require(self.term[s] < m.t or self.voted_for[s] is None)
        require(self.is_up_to_date(s, m))
        if self.term[s] < m.t:
            self.term[s] = m.t
            self.role[s] = Role.FOLLOWER
        self.voted_for[s] = m.candidate
        self.sent.add(Vote(m.t, s, m.candidate))

    @action
    def receive_vote(self, s: Server, m: Vote) -> None:
        require(m.candidate == s and m.t == self.term[s])
        require(self.role[s] == Role.CANDIDATE)
        require(m.voter not in self.votes[s])
        self.votes[s] = self.votes[s] | {m.voter}
        if any(q <= self.votes[s] for q in Quorum):
            self.role[s] = Role.LEADER
