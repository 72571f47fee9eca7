"""Small protocols of the literature, each with nothing but the property that matters.

They are those on which invariant inference is usually tried: Padon, McMillan, Panda, Sagiv,
Shoham: Ivy (PLDI 2016), and the benchmarks of mypyvy and of DistAI (Yao et al., OSDI 2021).
"""

from __future__ import annotations

import enum

from quorate.model.language import (
    Majority,
    Map,
    Message,
    Messages,
    Ordered,
    Protocol,
    Set,
    Sort,
    action,
    define,
    durable,
    invariant,
    require,
)
from quorate.model.paxos import Accept, Accepted, Acceptor, Ballot, Paxos
from quorate.model.paxos import Value as PaxosValue


class Client(Sort): ...


class Server(Sort): ...


class LockServer(Protocol):
    """Each server has one lock; a client that has the lock of a server is linked to it."""

    free: Map[Server, bool] = durable(True)
    link: Map[Client, Set[Server]] = durable(frozenset())

    @action
    def connect(self, c: Client, s: Server) -> None:
        require(self.free[s])
        self.link[c] = self.link[c] | {s}
        self.free[s] = False

    @action
    def disconnect(self, c: Client, s: Server) -> None:
        require(s in self.link[c])
        self.link[c] = self.link[c] - {s}
        self.free[s] = True

    @invariant
    def safety(self) -> bool:
        """No two clients are linked to one server."""
        return all(
            c == d
            for c in Client
            for d in Client
            for s in Server
            if s in self.link[c] and s in self.link[d]
        )


class Node(Sort): ...


class Epoch(Ordered, bottom="zero"): ...


class Transfer(Message):
    e: Epoch
    n: Node


class Locked(Message):
    e: Epoch
    n: Node


class DistributedLock(Protocol):
    """A lock that moves from node to node in ever later epochs (IronFleet's first example)."""

    first: Node | None = durable(None)
    held: Map[Node, bool] = durable(False)
    epoch: Map[Node, Epoch] = durable(Epoch.zero)
    sent: Messages[Transfer, Locked]

    @action
    def start(self, n: Node) -> None:
        require(self.first is None)
        self.first = n
        self.held[n] = True

    @action
    def grant(self, n: Node, to: Node, e: Epoch) -> None:
        require(self.held[n])
        require(self.epoch[n] < e)
        self.held[n] = False
        self.sent.add(Transfer(e, to))

    @action
    def accept(self, m: Transfer) -> None:
        require(not self.held[m.n])
        require(self.epoch[m.n] < m.e)
        self.held[m.n] = True
        self.epoch[m.n] = m.e
        self.sent.add(Locked(m.e, m.n))

    @invariant
    def safety(self) -> bool:
        """In one epoch one node at most says that it has the lock."""
        return all(m.n == n.n for m in self.sent[Locked] for n in self.sent[Locked] if m.e == n.e)


class Value(Sort): ...


class Quorum(Majority[Node]): ...


class ToyConsensus(Protocol):
    """Every node votes once; what a quorum votes for is decided."""

    vote: Map[Node, Value | None] = durable(None)
    decided: Set[Value] = durable(frozenset())

    @action
    def cast(self, n: Node, v: Value) -> None:
        require(self.vote[n] is None)
        self.vote[n] = v

    @action
    def decide(self, v: Value, q: Quorum) -> None:
        require(all(self.vote[n] == v for n in q))
        self.decided = self.decided | {v}  # type: ignore[assignment]

    @invariant
    def agreement(self) -> bool:
        return all(v == w for v in self.decided for w in self.decided)


class Vote(Message):
    voter: Node
    candidate: Node


class LeaderElection(Protocol):
    """Toy leader consensus: a quorum of votes makes a leader, and the leader decides."""

    voted: Map[Node, bool] = durable(False)
    leader: Map[Node, bool] = durable(False)
    decided: Map[Node, Value | None] = durable(None)
    sent: Messages[Vote]

    @action
    def vote(self, n: Node, c: Node) -> None:
        require(not self.voted[n])
        self.voted[n] = True
        self.sent.add(Vote(n, c))

    @action
    def lead(self, n: Node, q: Quorum) -> None:
        require(all(Vote(x, n) in self.sent for x in q))
        self.leader[n] = True

    @action
    def decide(self, n: Node, v: Value) -> None:
        require(self.leader[n])
        require(self.decided[n] is None)
        self.decided[n] = v

    @invariant
    def agreement(self) -> bool:
        return all(
            self.decided[n] == self.decided[k]
            for n in Node
            for k in Node
            if self.decided[n] is not None and self.decided[k] is not None
        )


class State(enum.Enum):
    WORKING = "working"
    PREPARED = "prepared"
    COMMITTED = "committed"
    ABORTED = "aborted"


class Outcome(enum.Enum):
    COMMIT = "commit"
    ABORT = "abort"


class Participant(Sort): ...


class Prepared(Message):
    p: Participant


class Decision(Message):
    outcome: Outcome


class TwoPhase(Protocol):
    """Two-phase commit with its one coordinator as plain variables (Gray and Lamport 2006, §3)."""

    state: Map[Participant, State] = durable(State.WORKING)
    heard: Set[Participant] = durable(frozenset())
    decision: Outcome | None = durable(None)
    sent: Messages[Prepared, Decision]

    @action
    def prepare(self, p: Participant) -> None:
        require(self.state[p] == State.WORKING)
        self.state[p] = State.PREPARED
        self.sent.add(Prepared(p))

    @action
    def give_up(self, p: Participant) -> None:
        require(self.may_give_up(p))
        self.state[p] = State.ABORTED

    @action
    def learn(self, p: Participant, m: Decision) -> None:
        self.state[p] = State.COMMITTED if m.outcome == Outcome.COMMIT else State.ABORTED

    @action
    def hear(self, m: Prepared) -> None:
        require(self.decision is None)
        self.heard = self.heard | {m.p}  # type: ignore[assignment]

    @action
    def decide(self, outcome: Outcome) -> None:
        require(self.decision is None)
        require(outcome == Outcome.ABORT or all(p in self.heard for p in Participant))
        self.decision = outcome
        self.sent.add(Decision(outcome))

    @define
    def may_give_up(self, p: Participant) -> bool:
        return self.state[p] == State.WORKING

    @invariant
    def consistency(self) -> bool:
        return not {State.COMMITTED, State.ABORTED} <= {self.state[p] for p in Participant}


class Place(Ordered): ...


class Rank(Ordered): ...


class Pending(Message):
    at: Place
    id: Rank


class RingElection(Protocol):
    """Chang and Roberts (1979): an identifier goes around the ring until a larger one stops it."""

    rank: Map[Place, Rank | None] = durable(None)
    leads: Map[Place, bool] = durable(False)
    sent: Messages[Pending]

    @action
    def assign(self, n: Place, i: Rank) -> None:
        require(self.rank[n] is None)
        require(not any(self.rank[k] == i for k in Place))
        self.rank[n] = i

    @action
    def begin(self, n: Place, k: Place, i: Rank) -> None:
        require(all(self.rank[x] is not None for x in Place))
        require(self.is_next(n, k))
        require(self.rank[n] == i)
        self.sent.add(Pending(k, i))

    @action
    def forward(self, m: Pending, k: Place, i: Rank) -> None:
        require(self.is_next(m.at, k))
        require(self.rank[m.at] == i)
        require(i < m.id)
        self.sent.add(Pending(k, m.id))

    @action
    def win(self, m: Pending) -> None:
        require(self.rank[m.at] == m.id)
        self.leads[m.at] = True

    @define
    def is_next(self, n: Place, k: Place) -> bool:
        """k comes right after n; after the last comes the first."""
        return (n < k and not any(n < x and x < k for x in Place)) or (
            k < n and not any(x < k or n < x for x in Place)
        )

    @invariant
    def safety(self) -> bool:
        return all(n == k for n in Place for k in Place if self.leads[n] and self.leads[k])


class ForgetfulLockServer(LockServer):
    """Broken: whoever asks is linked, whether the lock is free or not."""

    @action
    def connect(self, c: Client, s: Server) -> None:
        self.link[c] = self.link[c] | {s}
        self.free[s] = False


class RevoteConsensus(ToyConsensus):
    """Broken: a node may change its mind."""

    @action
    def cast(self, n: Node, v: Value) -> None:
        self.vote[n] = v


class CarelessPaxos(Paxos):
    """Broken: an acceptor that has promised a higher ballot votes all the same."""

    @action
    def phase2b(self, a: Acceptor, b: Ballot, v: PaxosValue) -> None:
        require(Accept(b, v) in self.sent)
        require(self.max_vbal[a] <= b)
        self.sent.add(Accepted(a, b, v))
        self.max_vbal[a] = b
        self.max_val[a] = v
