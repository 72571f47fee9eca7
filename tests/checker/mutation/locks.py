"""A lock with terms that is small, and whose mutants meet every fate."""

from __future__ import annotations

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Ordered,
    Protocol,
    Sort,
    action,
    define,
    durable,
    init,
    invariant,
    reachable,
    require,
)


class Node(Sort): ...


class Term(Ordered, bottom="never"): ...


class Vote(Message):
    n: Node
    t: Term


class Lock(Protocol):
    held: Map[Node, bool] = durable(False)
    last: Map[Node, Term] = durable(Term.never)
    asked: Map[Node, bool] = durable(False)
    votes: Messages[Vote]

    @define
    def is_free(self) -> bool:
        return not any(self.held[m] for m in Node)

    @action
    def ask(self, n: Node) -> None:
        self.asked[n] = True

    @action
    def take(self, n: Node) -> None:
        require(self.asked[n])
        require(not self.held[n])
        require(self.is_free())
        self.held[n] = True

    @action
    def give(self, n: Node) -> None:
        require(self.held[n])
        self.held[n] = False

    @action
    def vote(self, n: Node, t: Term) -> None:
        require(self.last[n] < t)
        self.last[n] = t
        self.votes.add(Vote(n, t))

    @invariant
    def one_at_a_time(self) -> bool:
        return all(not (self.held[n] and self.held[m]) or n == m for n in Node for m in Node)

    @invariant
    def votes_are_remembered(self) -> bool:
        return all(m.t <= self.last[m.n] for m in self.votes[Vote])

    @reachable
    def it_is_held(self) -> bool:
        return any(self.held[n] for n in Node)


class Later(Lock):
    @action
    def vote(self, n: Node, t: Term) -> None:
        super().vote(n, self.last[n])


class Begun(Lock):
    @init
    def begin(self, n: Node, m: Node) -> None:
        require(n == m)
        self.held[n] = True
        self.held[m] = True


class Count(Nat): ...


class Counter(Protocol):
    count: Count = durable(0)
    last: Count = durable(0)

    @action
    def up(self) -> None:
        require(self.count < self.last + 1)
        self.last = self.count
        self.count = self.count + 1

    @invariant
    def it_follows(self) -> bool:
        return self.last <= self.count

    @reachable
    def it_counts(self) -> bool:
        return self.count > 0
