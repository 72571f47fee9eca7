"""Raft's elections with the companions that make them provably safe, for any number of servers.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.2.
"""

from quorate.model.language import define, invariant
from quorate.model.raft_election import Quorum, RaftElection, RequestVote, Role, Server, Term, Vote


class ProvedRaftElection(RaftElection):
    """At most one leader per term: a server votes once in a term, and any two quorums meet."""

    @define
    def has_voted(self, s: Server, t: Term, candidate: Server) -> bool:
        """A candidate votes for itself, and asks the others to."""
        return Vote(t, s, candidate) in self.sent or (
            s == candidate and any(m.t == t and m.candidate == s for m in self.sent[RequestVote])
        )

    @invariant
    def candidates_have_a_term(self) -> bool:
        return all(self.term[s] != Term.zero for s in Server if self.role[s] != Role.FOLLOWER)

    @invariant
    def votes_are_recorded(self) -> bool:
        return all(
            m.t <= self.term[m.voter]
            and (m.t < self.term[m.voter] or self.voted_for[m.voter] == m.candidate)
            for m in self.sent[Vote]
        )

    @invariant
    def votes_were_asked_for(self) -> bool:
        return all(
            any(n.t == m.t and n.candidate == m.candidate for n in self.sent[RequestVote])
            for m in self.sent[Vote]
        )

    @invariant
    def candidates_vote_for_themselves(self) -> bool:
        return all(
            m.t <= self.term[m.candidate]
            and (m.t < self.term[m.candidate] or self.voted_for[m.candidate] == m.candidate)
            for m in self.sent[RequestVote]
        )

    @invariant
    def one_vote_per_term(self) -> bool:
        return all(
            m.candidate == n.candidate
            for m in self.sent[Vote]
            for n in self.sent[Vote]
            if m.t == n.t and m.voter == n.voter
        ) and all(
            m.candidate == n.candidate
            for m in self.sent[Vote]
            for n in self.sent[RequestVote]
            if m.t == n.t and m.voter == n.candidate
        )

    @invariant
    def votes_were_granted(self) -> bool:
        return all(
            self.has_voted(u, self.term[s], s)
            for s in Server
            for u in self.votes[s]
            if self.role[s] != Role.FOLLOWER
        )

    @invariant
    def no_quorum_is_left_for_another_leader(self) -> bool:
        return all(
            any(self.has_voted(u, self.term[s], s) for u in q)
            for s in Server
            for q in Quorum
            if self.role[s] == Role.LEADER
        )
