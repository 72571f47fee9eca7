"""Mappings that pick: `max(..., default=...)` and `next(..., ...)`; local maps and messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from quorate.checker.refine.action_map import shown_calls
from quorate.checker.refine.explored import RefinementStatus, check_refinement
from quorate.checker.refine.proof import RefinementProof, prove_refinement
from quorate.model.language import (
    Map,
    Message,
    Messages,
    Ordered,
    Protocol,
    Sort,
    action,
    durable,
    invariant,
    require,
)
from quorate.model.refinements import AsItIs, Refinement


class Node(Sort): ...


class Item(Sort): ...


class Time(Ordered, bottom="never"): ...


class Told(Message):
    n: Node
    t: Time
    v: Item


class Latest(Protocol):
    """What each node said last."""

    at: Map[Node, Time] = durable(Time.never)
    what: Map[Node, Item | None] = durable(None)

    @action
    def tell(self, n: Node, t: Time, v: Item) -> None:
        require(self.at[n] < t)
        self.at[n] = t
        self.what[n] = v


class Log(Protocol):
    """Nodes that say things, one after the other; what was said stays."""

    clock: Map[Node, Time] = durable(Time.never)
    sent: Messages[Told]

    @action
    def say(self, n: Node, t: Time, v: Item) -> None:
        require(self.clock[n] < t)
        self.clock[n] = t
        self.sent.add(Told(n, t, v))

    @invariant
    def clocks_are_late(self) -> bool:
        return all(m.t <= self.clock[m.n] for m in self.sent[Told])

    @invariant
    def one_at_a_time(self) -> bool:
        return all(
            m.v == k.v
            for m in self.sent[Told]
            for k in self.sent[Told]
            if m.n == k.n and m.t == k.t
        )


class Late(Log):
    """May say things of earlier."""

    @action
    def say(self, n: Node, t: Time, v: Item) -> None:
        require(not any(m.n == n and m.t == t for m in self.sent[Told]))
        self.sent.add(Told(n, t, v))


class Twice(Log):
    """May say two things at one time."""

    @action
    def say(self, n: Node, t: Time, v: Item) -> None:
        require(self.clock[n] <= t)
        self.clock[n] = t
        self.sent.add(Told(n, t, v))


class Pair(Log):
    """Says two things at once, one after the other."""

    @action
    def say(self, n: Node, t: Time, v: Item) -> None:
        require(self.clock[n] < t)
        self.clock[n] = t
        self.sent.add(Told(n, t, v))

    @action
    def say_both(self, n: Node, t: Time, u: Time, v: Item, w: Item) -> None:
        require(self.clock[n] < t and t < u)
        self.clock[n] = u
        self.sent.add(Told(n, t, v))
        self.sent.add(Told(n, u, w))


class Stutters(Pair):
    """May say the first of two things at the time of the last one."""

    @action
    def say_both(self, n: Node, t: Time, u: Time, v: Item, w: Item) -> None:
        require(self.clock[n] <= t and t < u)
        self.clock[n] = u
        self.sent.add(Told(n, t, v))
        self.sent.add(Told(n, u, w))


class Confuses(Pair):
    """May say the second of two things for a time before that of the first."""

    @action
    def say_both(self, n: Node, t: Time, u: Time, v: Item, w: Item) -> None:
        require(self.clock[n] < t and self.clock[n] < u)
        self.clock[n] = u
        self.sent.add(Told(n, t, v))
        self.sent.add(Told(n, u, w))


def latest(self: Any) -> dict[str, Any]:
    at = {n: max((m.t for m in self.sent[Told] if m.n == n), default=Time.never) for n in Node}
    return {
        "at": at,
        "what": {
            n: next((m.v for m in self.sent[Told] if m.n == n and m.t == at[n]), None) for n in Node
        },
    }


def by_clock(self: Any) -> dict[str, Any]:
    said = {*self.sent[Told], *(m for m in self.sent[Told] if m.t == self.clock[m.n])}
    return {
        "at": self.clock,
        "what": {
            n: next((m.v for m in said if m.n == n and m.t == self.clock[n]), None) for n in Node
        },
    }


def any_of_them(self: Any) -> dict[str, Any]:
    at = {n: max({m.t for m in self.sent[Told] if m.n == n}, default=Time.never) for n in Node}
    return {
        "at": {n: at[n] for n in Node},
        "what": {n: next((m.v for m in self.sent[Told] if m.n == n), None) for n in Node},
    }


def of_anybody(self: Any) -> dict[str, Any]:
    last = max((m.t for m in self.sent[Told]), default=Time.never)
    return {"at": {n: last for n in Node}, "what": {n: None for n in Node}}  # noqa: C420


class LatestOrNothing(Protocol):
    at: Map[Node, Time | None] = durable(None)

    @action
    def tell(self, n: Node, t: Time) -> None:
        require(not any(self.at[n] == u and t <= u for u in Time))
        self.at[n] = t


def or_nothing(self: Any) -> dict[str, Any]:
    return {"at": {n: max((m.t for m in self.sent[Told] if m.n == n), default=None) for n in Node}}


SIZES = {"Node": 2, "Item": 2, "Time": 2}
AS_IT_IS = AsItIs(("clock", "sent"))
PROVED = [
    (Log, latest, Latest),
    pytest.param(Late, latest, Latest, marks=pytest.mark.exhaustive),
    pytest.param(Log, by_clock, Latest, marks=pytest.mark.exhaustive),
    pytest.param(Pair, latest, Latest, marks=pytest.mark.exhaustive),
    (Log, or_nothing, LatestOrNothing),
    pytest.param(Twice, or_nothing, LatestOrNothing, marks=pytest.mark.exhaustive),
    (Pair, AS_IT_IS, Log),
]
FAILS = [
    pytest.param(Twice, latest, Latest, marks=pytest.mark.exhaustive),
    (Log, of_anybody, Latest),
    pytest.param(Twice, by_clock, Latest, marks=pytest.mark.exhaustive),
    pytest.param(Stutters, AS_IT_IS, Log, marks=pytest.mark.exhaustive),
    pytest.param(Confuses, AS_IT_IS, Log, marks=pytest.mark.exhaustive),
]


@cache
def prove(
    concrete: type[Protocol], mapping: Callable[[Any], Any], abstract: type[Protocol]
) -> tuple[RefinementStatus, RefinementProof]:
    steps = 2 if issubclass(concrete, Pair) else 1
    link = Refinement(concrete, abstract, mapping, steps=steps)
    return check_refinement(link, SIZES).status, prove_refinement(link, SIZES, effort=10)


@pytest.mark.parametrize(("concrete", "mapping", "abstract"), PROVED)
def test_what_is_proved_is_checked_too(concrete: Any, mapping: Any, abstract: Any) -> None:
    status, proof = prove(concrete, mapping, abstract)
    assert proof.proved and status is RefinementStatus.REFINES


@pytest.mark.parametrize(("concrete", "mapping", "abstract"), FAILS)
def test_what_fails_is_not_proved(concrete: Any, mapping: Any, abstract: Any) -> None:
    status, proof = prove(concrete, mapping, abstract)
    assert status is RefinementStatus.FAILS and not proof.proved and proof.unsupported is None


def test_which_of_several_is_picked_is_not_known() -> None:
    """Of what a node said any may come first, so nothing says that it is the latest."""
    _, proof = prove(Log, any_of_them, Latest)
    assert proof.part("say").failed == ("tell: what it does to what",)


def test_two_steps_at_once() -> None:
    """The second is possible after the first, and both together change what the step changes."""
    _, proof = prove(Pair, AS_IT_IS, Log)
    (way,) = proof.part("say_both").alternatives
    assert shown_calls(way) == "say(n, t, v) then say(n, u, w)"


@pytest.mark.exhaustive
@pytest.mark.parametrize("broken", [Stutters, Confuses])
def test_two_steps_of_which_one_is_not_possible(broken: type[Protocol]) -> None:
    _, proof = prove(broken, AS_IT_IS, Log)
    failed = proof.part("say_both").failed
    assert any("say: require(self.clock[n] < t)" in what for what in failed)
