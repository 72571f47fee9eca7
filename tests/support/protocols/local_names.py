"""A local of every type: in guards, effects, loops and helpers, after what it read was written."""

from __future__ import annotations

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Protocol,
    Record,
    Seq,
    Set,
    Sort,
    action,
    define,
    durable,
    invariant,
    require,
)


class Node(Sort): ...


class Value(Sort): ...


class Number(Nat): ...


class Entry(Record):
    value: Value | None
    number: Number


class Vote(Message):
    node: Node
    value: Value | None


class Locals(Protocol):
    low: Number | None = durable(None)
    high: Number | None = durable(None)
    seen: Map[Node, Set[Value]] = durable(frozenset())
    log: Map[Node, Seq[Value, Number]] = durable(())
    last: Entry | None = durable(None)
    odd: bool = durable(False)
    vote: Map[Node, Value | None] = durable(None)
    sent: Messages[Vote]

    @define
    def is_above(self, n: Number) -> bool:
        least = self.low
        return least is not None and least < n

    @action
    def sets(self, p: Node, v: Value) -> None:
        empty: Set[Value] = set()
        seen = self.seen[p]
        both = seen | {v}
        self.seen[p] = both | (empty | seen)
        if v in both and not both <= seen:
            self.odd = True

    @action
    def sequences(self, p: Node, v: Value) -> None:
        one: Seq[Value, Number] = (v,)
        old = self.log[p]
        require(len(old) < 1)
        more = old + one
        before = (v,) + old  # noqa: RUF005
        self.log[p] = more if more == before else ()
        if (v,) == more:
            self.odd = not self.odd

    @action
    def records(self, v: Value) -> None:
        entry = Entry(v, 0)
        nothing: Entry | None = None
        latest = Entry(None, 0) if self.last is None else self.last
        self.last = entry if latest.value is None else nothing

    @action
    def optionals(self, n: Number) -> None:
        low = self.low
        require(low is None or n < low or self.is_above(n))
        require(self.high is None or low is None or low < self.high or self.high == low)
        self.low = n
        if self.high is not None and low is not None and not self.high < low < n:
            self.high = min(low, self.high)
        elif low is not None and self.high is None:
            self.high = low

    @action
    def messages(self, m: Vote) -> None:
        require(m.value is not None)
        value = m.value
        copy = m
        self.vote[m.node] = value
        self.seen[copy.node] = {value}

    @action
    def maps(self, p: Node, v: Value) -> None:
        old = {x: self.vote[x] for x in Node}
        asked = Vote(p, v) in self.sent
        votes = self.sent[Vote]
        self.vote[p] = v
        self.sent.add(Vote(p, v))
        if old[p] == v and asked and votes:
            self.odd = False

    @action
    def loops(self, p: Node) -> None:
        seen = self.seen[p]
        for q in Node:
            here = self.seen[q]
            self.seen[q] = here | seen
            if len(here) < len(seen):
                self.sent.add(Vote(q, None))

    @invariant
    def in_order(self) -> bool:
        return self.low is None or self.high is None or not self.high < self.low
