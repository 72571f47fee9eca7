"""A protocol of what the bundled ones do not use, and some that have no meaning in TLA+."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import ClassVar

from quorate.model.language import (
    Explicit,
    Flexible,
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
    init,
    invariant,
    require,
    volatile,
)


class Node(Sort): ...


class Color(Sort): ...


class Step(Ordered): ...


class Epoch(Ordered, bottom="never"): ...


class Era(Ordered, bottom="never", short="r"): ...  # a bottom called as that of Epoch


class Count(Nat): ...


class Pair(Flexible[Node], size=lambda n: n - 1): ...


class Chain(Explicit[Node], quorums=[(0, 1), (1, 2)]): ...


class Mode(enum.Enum):
    OFF = 0
    ON = 1


class CASE(Record):  # a keyword of TLA+
    SUBSET: Mode
    color: Color | None


class Note(Message, key="type"):
    type: Node  # what a module calls the class of a message elsewhere
    step: Epoch


class Ping(Message): ...


class Constructs(Protocol):
    """Names that TLA+ has taken, several messages variables, choices, loops over everything."""

    faults: ClassVar[Mapping[str, int]] = {"stop": 1}

    Next: Map[Node, CASE | None] = durable(None)  # the name of TLA+'s own operator
    marks: Map[Node, Step, Set[Color]] = volatile(frozenset())
    log: Seq[Mode, Count] = durable(())
    leader: Node | None = durable(None)
    latest: Epoch = durable(Epoch.never)
    era: Era = durable(Era.never)
    on: bool = durable(False)
    sent: Messages[Note]
    pings: Messages[Ping]

    @init
    def elect(self, n: Node, q: Chain) -> None:
        require(n in q)
        self.leader = n
        for m in q:
            self.Next[m] = CASE(Mode.OFF, None)

    @action
    def write(self, n: Node, r: CASE) -> None:
        require(self.leader == n and r.color is not None)
        old = self.Next[n]
        require(old is not None and old.SUBSET == Mode.OFF)
        self.Next[n] = r

    @action
    def mark(self, n: Node, c: Color, q: Pair) -> None:
        require(n in q and not self.on)
        old = self.Next[n]
        require(old is None or old.SUBSET == Mode.ON)
        for s in Step:
            for m in q:
                self.marks[m, s] = {c}
        self.on = True

    @action
    def extend(self, mode: Mode) -> None:
        require(any(len(self.log) < k for k in Count))
        if mode == Mode.ON:
            self.latest = max(self.latest, self.latest)
            self.pings.add(Ping())
            self.log = self.log[:1] + self.log[1:] + (mode,)
        elif len(self.log) > 0 and self.log[-1] == mode:
            self.on = not self.on
        else:
            self.log = self.log + (mode,)  # noqa: RUF005

    @action
    def choose(self, e: Epoch) -> None:
        require(self.latest < e)
        era = self.era
        for n in Node:
            if era == Era.never:
                self.sent.add(Note(n, e))
        for d in Era:
            if not any(c < d for c in Era):
                self.era = d
        self.latest = e

    @action(fault="stop")
    def stop(self, n: Node) -> None:
        self.crash(n)

    @define
    def marked(self) -> Set[Node]:
        return {n for n in Node if any(self.marks[n, s] for s in Step)}

    @invariant
    def few(self) -> bool:
        pairs = [n for n in self.marked() for s in Step if len(self.marks[n, s]) > 1]
        return len(self.marked()) < 2 and len(pairs) == 0 and min(len(self.log), 1) <= 1 < 2


class Ambiguous(Protocol):
    """Which of two nodes is picked depends on the order of a loop."""

    picked: Node | None = durable(None)
    asked: Map[Node, bool] = durable(True)

    @action
    def pick(self) -> None:
        for n in Node:
            if self.asked[n]:
                self.picked = n


class TwoRounds(Protocol):
    """Two loops, one in the other, that pick."""

    picked: Node | None = durable(None)
    asked: Map[Node, Era, bool] = durable(True)

    @action
    def pick(self) -> None:
        for n in Node:
            for e in Era:
                if self.asked[n, e]:
                    self.picked = n


class TwoChoices(Protocol):
    """The second choice looks at the first."""

    leader: Node | None = durable(None)
    other: Node | None = durable(None)

    @init
    def elect(self, n: Node) -> None:
        self.leader = n

    @init
    def second(self, n: Node) -> None:
        require(self.leader != n)
        self.other = n

    @action
    def swap(self) -> None:
        leader = self.leader
        self.leader = self.other
        self.other = leader
