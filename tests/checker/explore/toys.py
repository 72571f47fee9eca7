"""Small protocols, each with one peculiarity that a search has to cope with."""

from __future__ import annotations

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
    Sort,
    action,
    durable,
    init,
    invariant,
    reachable,
    require,
    volatile,
)


class Node(Sort): ...


class Item(Sort): ...


class Round(Ordered, bottom="never"): ...


class Step(Nat): ...


class Quorum(Majority[Node]): ...


class Counter(Protocol):
    """One number that goes up: a line of states, no messages."""

    n: Step = durable(0)

    @action
    def up(self) -> None:
        require(any(self.n < k for k in Step))
        self.n = self.n + 1

    @invariant
    def small(self) -> bool:
        return self.n <= 1_000_000

    @reachable
    def beyond_two(self) -> bool:
        return self.n > 2


class Bounded(Counter):
    @invariant
    def below_four(self) -> bool:
        return self.n < 4


class Overflow(Counter):
    @action
    def up(self) -> None:
        self.n = self.n + 1


class Switches(Protocol):
    """Every subset of the nodes is a state: 2^n of them."""

    on: Map[Node, bool] = durable(False)

    @action
    def flip(self, x: Node) -> None:
        self.on[x] = not self.on[x]


class Wide(Protocol):
    """A state of many words: a round for every pair, one of which is set once."""

    moved: bool = durable(False)
    at: Map[Node, Item, Round] = durable(Round.never)

    @action
    def move(self, x: Node, i: Item, r: Round) -> None:
        require(not self.moved)
        self.moved = True
        self.at[x, i] = r


class Vast(Protocol):
    """A state that no search could hold many of."""

    a: Map[Node, Item, Round] = durable(Round.never)
    b: Map[Node, Node, Item, bool] = durable(False)

    @action
    def flip(self, x: Node, i: Item) -> None:
        self.b[x, x, i] = True


class Starts(Protocol):
    """Every node may be the first; two of them break the invariant."""

    owner: Node | None = durable(None)
    marked: Map[Node, bool] = durable(False)

    @init
    def choose(self, x: Node) -> None:
        self.owner = x

    @action
    def mark(self, x: Node) -> None:
        require(self.owner == x)
        self.marked[x] = True

    @invariant
    def at_most_one_mark(self) -> bool:
        return all(x == y for x in Node for y in Node if self.marked[x] and self.marked[y])


class BadStart(Starts):
    @invariant
    def nobody_owns(self) -> bool:
        return self.owner is None


class NoStart(Starts):
    @init
    def choose(self, x: Node) -> None:
        require(self.owner == x)
        self.owner = x


class Stuck(Protocol):
    """No step is ever possible."""

    on: bool = durable(False)

    @action
    def never(self) -> None:
        require(self.on)
        self.on = False

    @reachable
    def switched_on(self) -> bool:
        return self.on


class Idle(Protocol):
    """Every step is possible and none changes anything."""

    on: Map[Node, bool] = durable(False)

    @action
    def stay(self, x: Node) -> None:
        self.on[x] = False


class Constant(Protocol):
    """A state of 0 bits, but for the sort of one element that it holds."""

    who: Map[Node, Node | None] = durable(None)
    said: Map[Node, Item] = volatile(Item(0))
    faults: ClassVar[Mapping[str, int]] = {"crash": 1}

    @action
    def say(self, x: Node, i: Item) -> None:
        self.said[x] = i

    @action(fault="crash")
    def crash_one(self, x: Node) -> None:
        self.crash(x)


class Undefined(Counter):
    """An invariant that is undefined in the fourth state."""

    last: Map[Step, bool] = durable(False)

    @invariant
    def read_beyond(self) -> bool:
        return not self.last[self.n + 1] if self.n > 2 else True


class Say(Message, key="x"):
    x: Node
    i: Item


class TwiceInOneStep(Protocol):
    """Two payloads under one key in one step."""

    sent: Messages[Say]

    @action
    def say(self, x: Node, i: Item, j: Item) -> None:
        self.sent.add(Say(x, i))
        self.sent.add(Say(x, j))


LAST = Node(1)


class Reading(Record):
    valid: bool


class Witnessed(Protocol):
    """An action with a witness: for the first node it is never enabled, and may be undefined."""

    reading: Map[Node, Reading | None] = durable(Reading(True))
    done: bool = durable(False)

    @action
    def finish(self, n: Node) -> None:
        require(self.reading[n].valid)
        require(n == LAST)
        self.done = True

    @invariant
    def anything(self) -> bool:
        return True


class Impossible(Witnessed):
    """No step is ever enabled, and each may be undefined."""

    @action
    def finish(self, n: Node) -> None:
        require(self.reading[n].valid)
        require(n == LAST and n != LAST)
        self.done = True
