"""`@init` and actions that choose a map, a set, a sequence or a record, for any size."""

from __future__ import annotations

from quorate.checker.prove.unbounded import ProofStatus, prove_unbounded
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
    durable,
    init,
    invariant,
    require,
)

from ....support.strategies.protocols import generate_start
from .test_false import holds_where_explored


class Node(Sort): ...


class Num(Nat): ...


class Pair(Record):
    node: Node
    up: bool


class Said(Message):
    table: Map[Node, bool]


class Tokens(Protocol):
    """Who has a token is in the set: the tokens are those of the map."""

    token: Map[Node, bool] = durable(False)
    up: Set[Node] = durable(frozenset())
    n: Map[Node, Num] = durable(0)
    queue: Seq[Node, Num] = durable(())

    @init
    def start(self, f: Map[Node, bool], g: Map[Node, Num], s: Set[Node]) -> None:
        require(all(f[a] == (a in s) for a in Node))
        require(all(g[a] == 0 for a in Node if a not in s))
        self.up = s
        for a in Node:
            self.token[a] = f[a]
            self.n[a] = g[a]

    @action
    def give(self, a: Node, b: Node) -> None:
        require(self.token[a] and not self.token[b])
        self.token[a] = False
        self.token[b] = True
        self.up = (self.up - {a}) | {b}
        self.n[a] = 0

    @action
    def choose(self, s: Set[Node], q: Seq[Node, Num], p: Pair) -> None:
        require(all(self.n[a] == 0 for a in Node) and all(x in s for x in q))
        require(p.up and p.node in s)
        self.up = s
        self.queue = q
        for a in Node:
            self.token[a] = a in s

    @invariant
    def agree(self) -> bool:
        return all(self.token[a] == (a in self.up) for a in Node)

    @invariant
    def counted(self) -> bool:
        return all(self.n[a] == 0 or self.token[a] for a in Node)


class Unrelated(Tokens):
    """The set says nothing about the map."""

    @init
    def start(self, f: Map[Node, bool], g: Map[Node, Num], s: Set[Node]) -> None:
        require(all(g[a] == 0 for a in Node if a not in s))
        self.up = s
        for a in Node:
            self.token[a] = f[a]
            self.n[a] = g[a]


class Whole(Tokens):
    sent: Messages[Said]

    @action
    def say(self, f: Map[Node, bool]) -> None:
        self.sent.add(Said(f))


def test_what_holds_of_every_choice_is_proved() -> None:
    found = prove_unbounded(Tokens, refute=False)
    assert found.proved
    steps = {(o.kind, o.action) for o in found.obligations}
    assert {("initially", None), ("step", "choose")} <= steps


def test_what_does_not_is_violated_by_a_run() -> None:
    found = prove_unbounded(Unrelated, invariants=["agree"], effort=0.5)
    assert found.invariant("agree").status is ProofStatus.VIOLATED


def test_a_map_as_a_whole_is_refused() -> None:
    found = prove_unbounded(Whole, refute=False)
    assert not found.proved and "map" in str(found.unsupported)


def test_random_protocols() -> None:
    seeds = (41, 112, *range(100))  # of the first, something is proved today
    assert any(holds_where_explored(seed, generate_start) for seed in seeds)
