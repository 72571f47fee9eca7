"""Protocols of which something is false at some size, or undefined: none of it may be proved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Ordered,
    Predicate,
    Protocol,
    Seq,
    Set,
    Sort,
    action,
    durable,
    init,
    invariant,
    require,
)


class Node(Sort): ...


class Value(Sort): ...


class Num(Nat): ...


class Ballot(Ordered, bottom="never"): ...


class Two(Predicate[Node]):
    """Two nodes: one alone makes no quorum, and of four there are two that share none."""

    def is_quorum(self, q: Set[Node]) -> bool:
        return len(q) >= 2


# ---------------------------------------------------------------- false at some size


class NoQuorum(Protocol):
    """One node makes no quorum."""

    done: bool = durable(False)

    @action
    def finish(self) -> None:
        self.done = True

    @invariant
    def false(self) -> bool:
        return any(True for q in Two)


class OneValue(Protocol):
    """There may be one value only."""

    done: bool = durable(False)

    @action
    def finish(self) -> None:
        self.done = True

    @invariant
    def false(self) -> bool:
        return any(v != w for v in Value for w in Value)


class HighestBallot(Protocol):
    """There is a last ballot; a node may have reached it."""

    at: Map[Node, Ballot] = durable(Ballot.never)

    @action
    def rise(self, n: Node, b: Ballot) -> None:
        require(self.at[n] < b)
        self.at[n] = b

    @invariant
    def false(self) -> bool:
        return all(any(self.at[n] < b for b in Ballot) for n in Node)


class BottomIsNoElement(Protocol):
    """The bottom is below all elements and none of them."""

    at: Ballot = durable(Ballot.never)

    @action
    def rise(self, b: Ballot) -> None:
        self.at = b

    @invariant
    def false(self) -> bool:
        return any(self.at == b for b in Ballot)


class TwoBeginnings(Protocol):
    """The methods that choose an initial state are taken one after the other."""

    chosen: bool = durable(False)
    copied: bool = durable(False)

    @init
    def choose(self, yes: bool) -> None:
        self.chosen = yes

    @init
    def copy(self) -> None:
        self.copied = self.chosen

    @action
    def forget(self) -> None:
        self.copied = False

    @invariant
    def false(self) -> bool:
        return not self.copied


class Crashing(Protocol):
    """A fault is a step like any other, whatever its budget."""

    faults: ClassVar[Mapping[str, int]] = {"crash": 1}
    up: Map[Node, bool] = durable(True)

    @action(fault="crash")
    def stop(self, n: Node) -> None:
        self.up[n] = False

    @action
    def restart(self, n: Node) -> None:
        self.up[n] = True

    @invariant
    def false(self) -> bool:
        return all(self.up[n] for n in Node)


class LargestNumber(Protocol):
    """A range ends somewhere."""

    n: Num = durable(0)

    @action
    def count(self) -> None:
        require(any(k == self.n + 1 for k in Num))
        self.n = self.n + 1

    @invariant
    def false(self) -> bool:
        return any(self.n < k for k in Num)


FALSE = [
    NoQuorum,
    OneValue,
    HighestBallot,
    BottomIsNoElement,
    TwoBeginnings,
    Crashing,
    LargestNumber,
]


# ---------------------------------------------------------------- without a value


class Claims(Protocol):
    """Something is claimed that holds wherever steps make sense."""

    @invariant
    def true(self) -> bool:
        return True


class FirstOfNone(Claims):
    """The first item of a sequence that may be empty."""

    log: Seq[Value, Num] = durable(())
    seen: Value | None = durable(None)

    @action
    def push(self, v: Value) -> None:
        require(any(len(self.log) + 1 == n for n in Num))
        self.log = self.log + (v,)  # noqa: RUF005

    @action
    def see(self) -> None:
        self.seen = self.log[0]


class FullSequence(Claims):
    """A sequence that may grow too long."""

    log: Seq[Value, Num] = durable(())

    @action
    def push(self, v: Value) -> None:
        self.log = self.log + (v,)  # noqa: RUF005


class PastTheRange(Claims):
    """One more than the largest number."""

    n: Num = durable(0)

    @action
    def count(self) -> None:
        self.n = self.n + 1


class BelowZero(Claims):
    """One less than nothing."""

    n: Num = durable(0)

    @action
    def count(self) -> None:
        self.n = self.n - 1


class Tell(Message):
    k: Num


class MessagePastTheRange(Claims):
    """A message with a number that is too large."""

    n: Num = durable(0)
    sent: Messages[Tell]

    @action
    def tell(self) -> None:
        self.sent.add(Tell(self.n + 1))


class NoSuchKey(Claims):
    """A map has no entry for the bottom."""

    on: Map[Ballot, bool] = durable(False)
    now: Ballot = durable(Ballot.never)

    @action
    def mark(self) -> None:
        self.on[self.now] = True


class UndefinedAtFirst(Claims):
    """What chooses an initial state may be undefined."""

    n: Num = durable(0)

    @init
    def choose(self) -> None:
        self.n = self.n - 1

    @action
    def stay(self) -> None:
        self.n = self.n


class UndefinedInvariant(Protocol):
    """An invariant that is undefined, which is not the same as true."""

    log: Seq[bool, Num] = durable(())

    @action
    def clear(self) -> None:
        self.log = ()

    @invariant
    def undefined(self) -> bool:
        return self.log[0] or not self.log[0]


SENSELESS = [
    FirstOfNone,
    FullSequence,
    PastTheRange,
    BelowZero,
    MessagePastTheRange,
    NoSuchKey,
    UndefinedAtFirst,
    UndefinedInvariant,
]


# ---------------------------------------------------------------- what does make sense


class Guarded(Protocol):
    """The same, each where a test rules out that it is undefined."""

    log: Seq[Value, Num] = durable(())
    seen: Value | None = durable(None)
    n: Num = durable(0)
    on: Map[Ballot, bool] = durable(False)
    now: Ballot = durable(Ballot.never)
    sent: Messages[Tell]

    @action
    def push(self, v: Value) -> None:
        require(any(len(self.log) + 1 == n for n in Num))
        self.log = self.log + (v,)  # noqa: RUF005

    @action
    def see(self) -> None:
        if len(self.log) > 0:
            self.seen = self.log[0]

    @action
    def up(self) -> None:
        require(any(k == self.n + 1 for k in Num))
        self.sent.add(Tell(self.n + 1))
        self.n = self.n + 1

    @action
    def down(self) -> None:
        self.n = self.n - 1 if self.n > 0 else 0

    @action
    def mark(self, b: Ballot) -> None:
        require(self.now < b)
        self.now = b
        self.on[b] = True

    @invariant
    def last_is_marked(self) -> bool:
        return self.now == Ballot.never or self.on[self.now]
