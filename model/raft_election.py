"""Leader election in Raft: terms, votes, and servers that crash and restart.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.1, §5.2 and
§5.4.1. The logs that `raft.py` fills are empty here, so any candidate is up to date.
"""

import enum

from .language import *


# fmt: off
class Server(Sort): ...
class Value(Sort): ...
class Term(Ordered, bottom="zero"): ...
class Index(Nat): ...
class Quorum(Majority[Server]): ...
# fmt: on


class Role(enum.Enum):
    FOLLOWER = "follower"
    CANDIDATE = "candidate"
    LEADER = "leader"


class Entry(Record):
    t: Term
    v: Value


class RequestVote(Message):
    t: Term
    candidate: Server
    length: Index
    last: Term


class Vote(Message):
    t: Term
    voter: Server
    candidate: Server


class RaftElection(Protocol):
    """A message is handled in its own term; a higher one first makes its receiver a follower."""

    faults = {"crash": 1}

    term: Map[Server, Term] = durable(Term.zero)
    voted_for: Map[Server, Server | None] = durable(None)
    log: Map[Server, Seq[Entry, Index]] = durable(())

    role: Map[Server, Role] = volatile(Role.FOLLOWER)
    votes: Map[Server, Set[Server]] = volatile(frozenset())

    sent: Messages[RequestVote, Vote]

    @action
    def timeout(self, s: Server, t: Term) -> None:
        require(self.role[s] != Role.LEADER)
        require(self.term[s] < t and not any(self.term[s] < u and u < t for u in Term))
        self.sent.add(RequestVote(t, s, len(self.log[s]), self.last_term(s)))
        self.term[s] = t
        self.role[s] = Role.CANDIDATE
        self.voted_for[s] = s
        self.votes[s] = {s}

    @action
    def step_down(self, s: Server, t: Term) -> None:
        require(self.term[s] < t)
        require(any(m.t == t for m in self.sent[RequestVote]))  # no other message comes before
        self.term[s] = t
        self.role[s] = Role.FOLLOWER
        self.voted_for[s] = None

    @action
    def grant(self, s: Server, m: RequestVote) -> None:
        require(m.t == self.term[s])
        require(self.voted_for[s] is None)
        require(self.is_up_to_date(s, m))
        self.voted_for[s] = m.candidate
        self.sent.add(Vote(m.t, s, m.candidate))

    @action
    def receive_vote(self, s: Server, m: Vote) -> None:
        require(m.candidate == s and m.t == self.term[s])
        require(self.role[s] == Role.CANDIDATE)
        require(m.voter not in self.votes[s])
        self.votes[s] = self.votes[s] | {m.voter}

    @action
    def lead(self, s: Server) -> None:
        require(self.role[s] == Role.CANDIDATE)
        require(any(q <= self.votes[s] for q in Quorum))
        self.role[s] = Role.LEADER

    @action(fault="crash")
    def restart(self, s: Server) -> None:
        self.crash(s)

    @define
    def last_term(self, s: Server) -> Term:
        return self.log[s][-1].t if len(self.log[s]) > 0 else Term.zero

    @define
    def is_up_to_date(self, s: Server, m: RequestVote) -> bool:
        """§5.4.1: the later last term is more up to date, then the longer log."""
        mine = self.last_term(s)
        return mine < m.last or (mine == m.last and len(self.log[s]) <= m.length)

    @invariant
    def election_safety(self) -> bool:
        leaders = [s for s in Server if self.role[s] == Role.LEADER]
        return all(s == u for s in leaders for u in leaders if self.term[s] == self.term[u])

    @reachable
    def a_leader_is_elected(self) -> bool:
        return any(self.role[s] == Role.LEADER for s in Server)
