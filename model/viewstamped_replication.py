"""Viewstamped replication: a primary orders requests, and views change when it seems to fail.

Liskov and Cowling: Viewstamped Replication Revisited (2012), §4.1, §4.2 and §5.2. Replicas keep
nothing on disk; one that fails stays away. Logs go into messages whole, as in §4. Where §5.2 has a
replica that missed a change of view cut its log back, here it keeps it until it has a newer one:
what the paper says loses requests (Vanlightly, 2022; the mutant `forgets-when-behind`).
"""

import enum

from .language import *


# fmt: off
class Replica(Sort): ...
class Value(Sort): ...
class View(Nat): ...
class Index(Nat): ...
class Quorum(Majority[Replica]): ...
# fmt: on


class Status(enum.Enum):
    NORMAL = "normal"
    CHANGING = "changing"


class Prepare(Message, key=("v", "n")):
    v: View
    n: Index
    x: Value
    commit: Index


class PrepareOk(Message):
    v: View
    n: Index
    r: Replica


class StartViewChange(Message):
    v: View
    r: Replica


class DoViewChange(Message, key=("v", "r")):
    v: View
    r: Replica
    log: Seq[Value, Index]
    normal: View


class GetState(Message):
    v: View
    r: Replica


class NewState(Message):
    """STARTVIEW and NEWSTATE, which say the same."""

    v: View
    log: Seq[Value, Index]
    commit: Index


class ViewstampedReplication(Protocol):
    """`n` is an op-number: how many requests are in the log.

    Explored only, with 3 replicas, 2 views and 1 entry: nobody has written companions for a proof.
    """

    primary: Const[Map[View, Replica | None]] = durable(None)
    view: Map[Replica, View] = durable(0)
    status: Map[Replica, Status] = durable(Status.NORMAL)
    normal: Map[Replica, View] = durable(0)
    log: Map[Replica, Seq[Value, Index]] = durable(())
    commit: Map[Replica, Index] = durable(0)
    sent: Messages[Prepare, PrepareOk, StartViewChange, DoViewChange, GetState, NewState]

    @init
    def in_turn(self, r: Replica, s: Replica, t: Replica) -> None:
        """The replicas are primaries in turn; of any number, three that follow each other."""
        require(r != s and (s != t or all(u in {r, s} for u in Replica)))
        require(t != r)
        for v in View:
            self.primary[v] = r if v % 3 == 0 else s if v % 3 == 1 else t

    # Normal operation (§4.1).

    @action
    def request(self, r: Replica, x: Value) -> None:
        require(self.is_primary(r))
        require(any(len(self.log[r]) < n for n in Index))  # the bound
        self.log[r] = self.log[r] + (x,)
        self.sent.add(Prepare(self.view[r], len(self.log[r]), x, self.commit[r]))

    @action
    def prepare(self, r: Replica, m: Prepare) -> None:
        require(m.v == self.view[r] and self.status[r] == Status.NORMAL)
        require(self.primary[m.v] != r)
        require(len(self.log[r]) + 1 == m.n)
        self.log[r] = self.log[r] + (m.x,)
        self.commit[r] = max(self.commit[r], m.commit)
        self.sent.add(PrepareOk(m.v, m.n, r))

    @action
    def execute(self, r: Replica, n: Index) -> None:
        """The primary's part: a majority has the request, and all before it."""
        require(self.is_primary(r))
        require(self.commit[r] < n and n <= len(self.log[r]))
        require(
            any(all(u == r or self.has_prepared(u, self.view[r], n) for u in q) for q in Quorum)
        )
        self.commit[r] = n

    @define
    def is_changing(self, r: Replica) -> bool:
        return self.status[r] == Status.CHANGING

    @define
    def is_primary(self, r: Replica) -> bool:
        return self.status[r] == Status.NORMAL and self.primary[self.view[r]] == r

    @define
    def has_prepared(self, u: Replica, v: View, n: Index) -> bool:
        return any(m.v == v and m.r == u and m.n >= n for m in self.sent[PrepareOk])

    # View changes (§4.2).

    @action
    def start_view_change(self, r: Replica, v: View) -> None:
        """Its timer ran out, or it heard of a later view."""
        require(self.view[r] < v)
        require(v == self.view[r] + 1 or any(m.v == v for m in self.sent[StartViewChange]))
        self.view[r] = v
        self.status[r] = Status.CHANGING
        self.sent.add(StartViewChange(v, r))

    @action
    def do_view_change(self, r: Replica) -> None:
        require(self.is_changing(r))
        v = self.view[r]
        require(any(all(StartViewChange(v, u) in self.sent for u in q) for q in Quorum))
        require(not any(m.v == v and m.r == r for m in self.sent[DoViewChange]))
        self.sent.add(DoViewChange(v, r, self.log[r], self.normal[r]))

    @action
    def start_view(self, r: Replica, q: Quorum, m: DoViewChange) -> None:
        """The log of the last normal view is taken; of several, the longest."""
        v = self.view[r]
        require(self.is_changing(r) and self.primary[v] == r)
        require(m.v == v and m.r in q)
        require(all(any(n.v == v and n.r == u for n in self.sent[DoViewChange]) for u in q))
        told = [n for n in self.sent[DoViewChange] if n.v == v and n.r in q]
        require(all(self.is_as_good(m, n) for n in told))
        self.log[r] = m.log
        self.status[r] = Status.NORMAL
        self.normal[r] = v
        self.sent.add(NewState(v, m.log, self.commit[r]))

    @define
    def is_as_good(self, m: DoViewChange, n: DoViewChange) -> bool:
        return n.normal < m.normal or (n.normal == m.normal and len(n.log) <= len(m.log))

    # State transfer (§5.2).

    @action
    def fall_behind(self, r: Replica, m: Prepare) -> None:
        require(self.view[r] < m.v)
        self.sent.add(GetState(m.v, r))

    @action
    def send_state(self, r: Replica, m: GetState) -> None:
        require(self.status[r] == Status.NORMAL and self.view[r] == m.v and m.r != r)
        self.sent.add(NewState(m.v, self.log[r], self.commit[r]))

    @action
    def receive_state(self, r: Replica, m: NewState) -> None:
        """It is in normal operation in this view, and has the requests in its log."""
        require(self.view[r] <= m.v)
        require(self.view[r] < m.v or self.is_changing(r) or len(self.log[r]) < len(m.log))
        self.view[r] = m.v
        self.status[r] = Status.NORMAL
        self.normal[r] = m.v
        self.log[r] = m.log
        self.commit[r] = max(self.commit[r], m.commit)
        if len(m.log) > 0:
            self.sent.add(PrepareOk(m.v, len(m.log), r))

    # The properties (§4.3).

    @define
    def agree(self, r: Replica, s: Replica, n: Index) -> bool:
        """The first n requests are the same."""
        return self.log[r][:n] == self.log[s][:n]

    @invariant
    def executed_requests_survive(self) -> bool:
        primaries = [r for r in Replica if self.is_primary(r)]
        return all(
            self.agree(r, s, self.commit[s])
            for r in primaries
            for s in Replica
            if self.view[s] <= self.view[r]
        )

    @invariant
    def replicas_execute_the_same(self) -> bool:
        return all(
            self.agree(r, s, min(self.commit[r], self.commit[s])) for r in Replica for s in Replica
        )

    @reachable
    def a_request_is_executed_in_a_later_view(self) -> bool:
        return any(self.commit[r] > 0 and self.view[r] > 0 for r in Replica)
