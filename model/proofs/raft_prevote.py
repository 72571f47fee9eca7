"""Raft's pre-votes with the companions that make their claims provable, for any number of servers.

Ongaro: Consensus: Bridging Theory and Practice (2014), §4.2.3 and §9.6.
"""

from quorate.model.language import *
from quorate.model.raft_election import Quorum, RequestVote, Role, Server
from quorate.model.raft_prevote import AskPreVote, PreVote, PreVoting

from .raft_election import ProvedRaftElection


class ProvedPreVoting(PreVoting, ProvedRaftElection):
    """Election safety as in `ProvedRaftElection`, with one variable of history: `settled` is whom
    the stable majority hears.
    """

    settled: Server | None = durable(None)

    @action(by="environment")
    def settle(self, s: Server, q: Quorum) -> None:
        super().settle(s, q)
        self.settled = s

    # Logs stay as they are, so what a voter thought of a log it thinks still.

    @invariant
    def requests_tell_the_log(self) -> bool:
        return all(
            m.length == len(self.log[m.candidate]) and m.last == self.last_term(m.candidate)
            for m in self.sent[AskPreVote]
        )

    @invariant
    def pre_votes_are_for_good_logs(self) -> bool:
        return all(
            self.would_vote(m.voter, len(self.log[m.candidate]), self.last_term(m.candidate))  # type: ignore[arg-type]
            for m in self.sent[PreVote]
        )

    # Nobody who is stable votes for a later term, and without their votes there is no such term.

    @invariant
    def who_is_stable_hears_a_leader(self) -> bool:
        return (self.settled is not None or not self.is_settled()) and all(
            self.role[s] == Role.LEADER
            and s in self.stable
            and any(q <= self.stable for q in Quorum)
            and all(u == s or (self.hears[u] and self.term[u] == self.term[s]) for u in self.stable)
            for s in Server
            if self.settled == s
        )

    @invariant
    def nobody_asks_for_votes_in_a_later_term(self) -> bool:
        return all(
            not any(self.term[s] < m.t for m in self.sent[RequestVote])
            and not any(self.term[s] < m.t and m.voter in self.stable for m in self.sent[PreVote])
            for s in Server
            if self.settled == s
        )
