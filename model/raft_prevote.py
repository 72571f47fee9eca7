"""Raft's elections with pre-votes: who could not win does not disturb those who have a leader.

Ongaro: Consensus: Bridging Theory and Practice (2014), §4.2.3 and §9.6. Before a server raises its
term it asks who would vote for it. Nobody would who leads, who has heard from a leader within the
election timeout, or whose own log is more up to date.
"""

from .language import *
from .raft_election import *


class AskPreVote(Message):
    t: Term
    candidate: Server
    length: Index
    last: Term


class PreVote(Message):
    t: Term
    voter: Server
    candidate: Server


class PreVoting(RaftElection):
    """Some servers begin with an entry, of before the first term, that the others lack.

    `hears` says who heard from a leader within the election timeout. `stable` is a majority that
    hears from one of its own from some point on, when no vote or pre-vote of it for a later term is
    under way: nothing that the rest does takes the leader away from it.
    """

    hears: Map[Server, bool] = volatile(False)
    stable: Set[Server] = durable(frozenset())

    sent: Messages[RequestVote, Vote, AskPreVote, PreVote]  # type: ignore[assignment]

    @init
    def one_entry(self, ahead: Set[Server], v: Value) -> None:
        require(all(any(n > 0 for n in Index) for s in ahead))
        for s in ahead:
            self.log[s] = (Entry(Term.zero, v),)

    @action
    def ask(self, s: Server, t: Term) -> None:
        require(self.role[s] != Role.LEADER and not self.hears[s])
        require(self.term[s] < t and not any(self.term[s] < u and u < t for u in Term))
        self.sent.add(AskPreVote(t, s, len(self.log[s]), self.last_term(s)))

    @action
    def grant_pre_vote(self, s: Server, m: AskPreVote) -> None:
        """Nothing is promised by it, and nothing written."""
        require(s != m.candidate and self.term[s] < m.t)
        require(self.has_no_leader(s))
        require(self.is_good_enough(s, m))
        self.sent.add(PreVote(m.t, s, m.candidate))

    @action
    def timeout(self, s: Server, t: Term) -> None:
        require(not self.hears[s])
        require(any(all(u == s or PreVote(t, u, s) in self.sent for u in q) for q in Quorum))
        super().timeout(s, t)

    @action
    def step_down(self, s: Server, t: Term) -> None:
        super().step_down(s, t)
        self.hears[s] = False

    @action
    def heartbeat(self, s: Server, u: Server) -> None:
        require(self.role[s] == Role.LEADER and self.role[u] != Role.LEADER)
        require(self.term[u] == self.term[s] and not self.hears[u])
        self.role[u] = Role.FOLLOWER
        self.hears[u] = True

    @action(by="environment")
    def lose_touch(self, s: Server) -> None:
        require(self.hears[s] and s not in self.stable)
        self.hears[s] = False

    @action(by="environment")
    def settle(self, s: Server, q: Quorum) -> None:
        require(self.role[s] == Role.LEADER and s in q and not self.is_settled())
        require(all(u == s or (self.hears[u] and self.term[u] == self.term[s]) for u in q))
        require(not any(self.term[s] < m.t for m in self.sent[RequestVote]))
        require(not any(self.term[s] < m.t and m.voter in q for m in self.sent[PreVote]))
        self.stable = self.stable | {u for u in Server if u in q}

    @action(fault="crash")
    def restart(self, s: Server) -> None:
        require(s not in self.stable)
        super().restart(s)

    @define
    def is_settled(self) -> bool:
        return any(s in self.stable for s in Server)

    @define
    def has_no_leader(self, s: Server) -> bool:
        return self.role[s] != Role.LEADER and not self.hears[s]

    @define
    def is_good_enough(self, s: Server, m: AskPreVote) -> bool:
        return self.would_vote(s, m.length, m.last)

    @define
    def would_vote(self, s: Server, length: Index, last: Term) -> bool:
        """§9.6: a pre-vote is for a log that a vote could be for."""
        mine = self.last_term(s)
        return mine < last or (mine == last and len(self.log[s]) <= length)

    @invariant
    def a_stable_leader_stays(self) -> bool:
        return not self.is_settled() or any(self.role[s] == Role.LEADER for s in self.stable)

    @invariant
    def candidates_could_win(self) -> bool:
        return all(
            any(
                all(self.would_vote(u, len(self.log[s]), self.last_term(s)) for u in q)  # type: ignore[arg-type]
                for q in Quorum
            )
            for s in Server
            if self.role[s] == Role.CANDIDATE
        )

    @reachable
    def a_leader_is_stable(self) -> bool:
        return self.is_settled()


class PreVotingInTouch(PreVoting):
    """Who hears from a leader does not vote, either: so our code, and §4.2.3."""

    @action
    def grant(self, s: Server, m: RequestVote) -> None:
        require(not self.hears[s])
        super().grant(s, m)
