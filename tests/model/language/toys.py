"""Small protocols, each about one construct of the language."""

import enum
from typing import ClassVar

from quorate.model.language import (
    Explicit,
    Flexible,
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
    Weighted,
    action,
    define,
    durable,
    init,
    invariant,
    reachable,
    require,
    volatile,
)


class Node(Sort): ...


class Value(Sort): ...


class Term(Ordered, bottom="zero"): ...


class Index(Nat): ...


class Role(enum.Enum):
    follower = 1
    leader = 2


class Quorum(Majority[Node]): ...


class Pair(Flexible[Node], size=lambda n: 2, meets=Quorum): ...


class Heavy(Weighted[Node], weights=(2, 1, 1)): ...


class Listed(Explicit[Node], quorums=[(0, 1), (1, 2)]): ...


class Entry(Record):
    term: Term
    value: Value


class Slot(Record):
    entry: Entry | None
    final: bool


class Vote(Message, key="node"):
    node: Node
    term: Term


class Snapshot(Message):
    terms: Map[Node, Term]


class Log(Protocol):
    """Sequences: append, prefix, suffix, last, length, bounds."""

    log: Map[Node, Seq[Entry, Index]] = durable(())

    @action
    def append(self, n: Node, t: Term, v: Value) -> None:
        self.log[n] = self.log[n] + (Entry(t, v),)

    @action
    def cut(self, n: Node, i: Index) -> None:
        require(i < len(self.log[n]))
        self.log[n] = self.log[n][:i]

    @action
    def drop_first(self, n: Node) -> None:
        require(self.log[n])
        self.log[n] = self.log[n][1:]

    @action
    def copy_last(self, n: Node, m: Node) -> None:
        self.log[n] = (self.log[m][-1],)

    @action
    def blame(self, n: Node, i: Index) -> None:
        require(self.log[n][i].term == Term.zero)
        self.log[n] = ()

    @invariant
    def first_is_proper(self) -> bool:
        return all(not self.log[n] or self.log[n][0].term != Term.zero for n in Node)


class Sets(Protocol):
    """Sets as values, as a map and as a plain variable; quorums as sets."""

    seen: Map[Node, Set[Value]] = durable(frozenset())
    members: Set[Node] = durable(frozenset())

    @action
    def see(self, n: Node, v: Value) -> None:
        require(v not in self.seen[n])
        self.seen[n] = self.seen[n] | {v}

    @action
    def merge(self, n: Node, m: Node) -> None:
        require(n != m)
        self.seen[n] = self.seen[n] & self.seen[m]

    @action
    def forget(self, n: Node, v: Value) -> None:
        self.seen[n] = self.seen[n] - {v}

    @action
    def choose(self, q: Quorum) -> None:
        require(not self.members <= q or len(self.members) < 2)
        self.members = q

    @action
    def only_empty(self) -> None:
        self.members = {n for n in Node if self.seen[n] == set()}


class Note(Message):
    of: Map[Node, Value | None]


class Notes(Protocol):
    """Maps whose values may be None, made of what is None and of what never is."""

    sent: Messages[Note]

    @action
    def empty(self) -> None:
        self.sent.add(Note({n: None for n in Node}))  # noqa: C420

    @action
    def same(self, v: Value) -> None:
        self.sent.add(Note({n: v for n in Node}))  # noqa: C420

    @invariant
    def all_are_the_same(self) -> bool:
        return all(m.of[n] == m.of[k] for m in self.sent[Note] for n in Node for k in Node)


class Maps(Protocol):
    """Several keys, a map inside a message, enums, conditional values."""

    best: Map[Node, Index, Term] = durable(Term.zero)
    role: Map[Node, Role] = durable(Role.follower)
    sent: Messages[Snapshot]

    @action
    def write(self, n: Node, i: Index, t: Term) -> None:
        self.best[n, i] = max(self.best[n, i], t)

    @action
    def promote(self, n: Node) -> None:
        self.role[n] = Role.leader if self.role[n] == Role.follower else Role.follower

    @action
    def publish(self, i: Index) -> None:
        self.sent.add(Snapshot({n: self.best[n, i] for n in Node}))

    @action
    def restore(self, m: Snapshot, i: Index) -> None:
        for n in Node:
            self.best[n, i] = m.terms[n]


class Records(Protocol):
    """Nested and optional records."""

    slot: Slot = durable(Slot(None, False))
    last: Entry | None = durable(None)

    @action
    def fill(self, t: Term, v: Value) -> None:
        require(self.slot.entry is None)
        self.slot = Slot(Entry(t, v), False)

    @action
    def finish(self) -> None:
        require(self.slot.entry is not None and not self.slot.final)
        self.last = self.slot.entry if self.last is None else None
        self.slot = Slot(self.slot.entry, True)

    @action
    def peek(self, t: Term) -> None:
        require(self.last.term == t)
        self.last = None

    @invariant
    def last_is_old(self) -> bool:
        return self.last.term != Term.zero


class Counters(Protocol):
    """Numbers with bounds."""

    count: Map[Node, Index] = durable(0)
    total: Index = durable(0)

    @action
    def up(self, n: Node) -> None:
        self.count[n] = self.count[n] + 1

    @action
    def sum_up(self) -> None:
        self.total = len([n for n in Node if self.count[n] > 0])

    @action
    def down(self) -> None:
        self.total = self.total - 1


class Starts(Protocol):
    """The initial states are chosen."""

    leader: Map[Node, bool] = durable(False)
    first: Node | None = durable(None)

    @init
    def somebody_leads(self, n: Node) -> None:
        self.leader[n] = True
        self.first = n

    @action
    def resign(self, n: Node) -> None:
        require(self.leader[n])
        self.leader[n] = False


class Crashes(Protocol):
    """What is volatile is lost, what is durable stays, and a budget limits how often."""

    faults: ClassVar = {"crash": 1}

    promised: Map[Node, Term] = durable(Term.zero)
    current: Map[Node, Term] = volatile(Term.zero)
    heard: Map[Node, Index, bool] = volatile(False)

    @action
    def hear(self, n: Node, i: Index, t: Term) -> None:
        self.promised[n] = t
        self.current[n] = t
        self.heard[n, i] = True

    @action(fault="crash")
    def fail(self, n: Node) -> None:
        self.crash(n)


class Keyed(Protocol):
    """One vote for each node."""

    sent: Messages[Vote]

    @action
    def vote(self, n: Node, t: Term) -> None:
        self.sent.add(Vote(n, t))

    @reachable
    def all_voted(self) -> bool:
        return all(any(m.node == n for m in self.sent[Vote]) for n in Node)


class Careful(Keyed):
    """An override that adds a guard and calls what it overrides."""

    @define
    def votes_of(self, n: Node):
        return [m for m in self.sent[Vote] if m.node == n]

    @action
    def vote(self, n: Node, t: Term) -> None:
        require(not self.votes_of(n))
        super().vote(n, t)

    @invariant
    def at_most_one(self) -> bool:
        return all(len(self.votes_of(n)) <= 1 for n in Node)

    @invariant
    def known(self) -> bool:
        return all(m.term != Term.zero for n in Node for m in self.votes_of(n))


class Quorums(Protocol):
    """Every kind of quorum system."""

    by: Map[Node, bool] = durable(False)

    @action
    def ask(self, q: Quorum, p: Pair, h: Heavy, x: Listed) -> None:
        for n in q & p:
            self.by[n] = True

    @action
    def mark(self, h: Heavy) -> None:
        require(len(h) + len(h) > len(Node))
        for n in h:
            self.by[n] = not self.by[n]


TOYS = [Log, Sets, Maps, Notes, Records, Counters, Starts, Crashes, Keyed, Careful, Quorums]
