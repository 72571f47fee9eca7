"""Raft: leader election and log replication by servers that crash and restart.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.1-5.4 and
figure 2. Positions are lengths of prefixes, not indices from 1 (Kleppmann: Distributed Systems,
lecture notes 2021, §6.2). A leader may send any suffix of its log: `nextIndex` is left open.
"""

import enum
from collections.abc import Mapping
from typing import ClassVar

from quorate.model.language import (
    Majority,
    Map,
    Message,
    Messages,
    Nat,
    Ordered,
    Protocol,
    Record,
    Seq,
    Set,
    Sort,
    action,
    define,
    durable,
    invariant,
    reachable,
    require,
    volatile,
)


class Server(Sort): ...


class Value(Sort): ...


class Term(Ordered, bottom="zero"): ...


class Index(Nat): ...


class Quorum(Majority[Server]): ...


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


class Append(Message):
    t: Term
    leader: Server
    prefix: Index
    last: Term
    entries: Seq[Entry, Index]
    commit: Index


class Ack(Message):
    t: Term
    follower: Server
    leader: Server
    length: Index


class Raft(Protocol):
    """A message is handled in its own term; a higher one first makes its receiver a follower."""

    faults: ClassVar[Mapping[str, int]] = {"crash": 1}

    term: Map[Server, Term] = durable(Term.zero)
    voted_for: Map[Server, Server | None] = durable(None)
    log: Map[Server, Seq[Entry, Index]] = durable(())

    role: Map[Server, Role] = volatile(Role.FOLLOWER)
    votes: Map[Server, Set[Server]] = volatile(frozenset())
    match: Map[Server, Server, Index] = volatile(0)
    commit: Map[Server, Index] = volatile(0)

    sent: Messages[RequestVote, Vote, Append, Ack]

    # Leader election (§5.2, §5.4.1).

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
        for u in Server:
            self.match[s, u] = 0

    # Log replication (§5.3).

    @action
    def request(self, s: Server, v: Value) -> None:
        require(self.role[s] == Role.LEADER)
        require(any(len(self.log[s]) < n for n in Index))  # the bound
        self.log[s] = self.log[s] + (Entry(self.term[s], v),)

    @action
    def append(self, s: Server, n: Index) -> None:
        require(self.role[s] == Role.LEADER)
        require(n <= len(self.log[s]))
        last = self.log[s][n - 1].t if n > 0 else Term.zero
        self.sent.add(Append(self.term[s], s, n, last, self.log[s][n:], self.commit[s]))

    @action
    def receive_append(self, s: Server, m: Append) -> None:
        require(m.t == self.term[s] and self.role[s] != Role.LEADER)
        require(self.has_prefix(s, m))
        length = m.prefix + len(m.entries)
        if self.conflicts(s, m) or len(self.log[s]) < length:
            self.log[s] = self.log[s][: m.prefix] + m.entries
        self.commit[s] = max(self.commit[s], min(m.commit, length))
        self.role[s] = Role.FOLLOWER
        self.sent.add(Ack(m.t, s, m.leader, length))

    @action
    def receive_ack(self, s: Server, m: Ack) -> None:
        require(m.leader == s and m.t == self.term[s])
        require(self.role[s] == Role.LEADER)
        require(self.match[s, m.follower] < m.length)
        self.match[s, m.follower] = m.length

    @action
    def advance_commit(self, s: Server, n: Index) -> None:
        require(self.role[s] == Role.LEADER)
        require(self.commit[s] < n and n <= len(self.log[s]))
        require(self.may_commit(s, n))
        require(any(all(u == s or n <= self.match[s, u] for u in q) for q in Quorum))
        self.commit[s] = n

    @action(fault="crash")
    def restart(self, s: Server) -> None:
        self.crash(s)

    # The rules.

    @define
    def last_term(self, s: Server) -> Term:
        return self.log[s][-1].t if len(self.log[s]) > 0 else Term.zero

    @define
    def is_up_to_date(self, s: Server, m: RequestVote) -> bool:
        """§5.4.1: the later last term is more up to date, then the longer log."""
        mine = self.last_term(s)
        return mine < m.last or (mine == m.last and len(self.log[s]) <= m.length)

    @define
    def has_prefix(self, s: Server, m: Append) -> bool:
        """§5.3, the consistency check: the log holds what comes before the new entries."""
        return m.prefix == 0 or (
            m.prefix <= len(self.log[s]) and self.log[s][m.prefix - 1].t == m.last
        )

    @define
    def conflicts(self, s: Server, m: Append) -> bool:
        """§5.3: only a conflicting entry is deleted, and all that follow it."""
        return any(
            m.prefix + i < len(self.log[s]) and self.log[s][m.prefix + i].t != m.entries[i].t
            for i in range(len(m.entries))
        )

    @define
    def may_commit(self, s: Server, n: Index) -> bool:
        """§5.4.2, figure 8: an entry of an earlier term is never committed by counting."""
        return self.log[s][n - 1].t == self.term[s]

    # The properties (figure 3).

    @invariant
    def election_safety(self) -> bool:
        return all(
            s == u
            for s in Server
            for u in Server
            if self.role[s] == Role.LEADER
            and self.role[u] == Role.LEADER
            and self.term[s] == self.term[u]
        )

    @invariant
    def log_matching(self) -> bool:
        return all(
            self.log[s][:n] == self.log[u][:n]
            for s in Server
            for u in Server
            for n in Index
            if n > 0
            and n <= len(self.log[s])
            and n <= len(self.log[u])
            and self.log[s][n - 1].t == self.log[u][n - 1].t
        )

    @invariant
    def leader_completeness(self) -> bool:
        return all(
            self.log[s][: self.commit[u]] == self.log[u][: self.commit[u]]
            for s in Server
            for u in Server
            if self.role[s] == Role.LEADER and self.term[u] <= self.term[s]
        )

    @invariant
    def state_machine_safety(self) -> bool:
        return all(
            self.log[s][:n] == self.log[u][:n]
            for s in Server
            for u in Server
            for n in Index
            if n <= self.commit[s] and n <= self.commit[u]
        )

    @reachable
    def an_entry_is_committed_everywhere(self) -> bool:
        return all(self.commit[s] > 0 for s in Server)
