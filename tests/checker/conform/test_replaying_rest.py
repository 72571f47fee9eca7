"""Traces that end where nothing happens any more: whether the code rests there, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import quorate
from quorate.checker.conform.adapter import Refusal, Setting, Unrealisable
from quorate.checker.conform.replaying.replay import Replay
from quorate.model.language import (
    Map,
    Nat,
    Protocol,
    Sort,
    action,
    durable,
    leads_to,
    require,
)


class Proc(Sort): ...


class Fork(Sort): ...


class Count(Nat): ...


class Dining(Protocol):
    """Whoever holds a fork waits for another one, and nobody puts one down before."""

    owner: Map[Fork, Proc | None] = durable(None)

    @action
    def take(self, p: Proc, k: Fork) -> None:
        require(self.owner[k] is None)
        self.owner[k] = p

    @action
    def put(self, p: Proc) -> None:
        require(all(self.owner[k] == p for k in Fork))
        for k in Fork:
            self.owner[k] = None


class Waiting(Dining):
    """One fork is enough to eat, and is then put back; but who has none need not take one."""

    @action(fair="weak")
    def put(self, p: Proc) -> None:
        require(any(self.owner[k] == p for k in Fork))
        for k in Fork:
            if self.owner[k] == p:
                self.owner[k] = None

    @leads_to
    def all_are_taken(self) -> tuple[bool, bool]:
        taken = [k for k in Fork if self.owner[k] is not None]
        return len(taken) > 0, all(self.owner[k] is not None for k in Fork)


class Counting(Protocol):
    """It stops because the numbers end."""

    done: Map[Proc, Count] = durable(0)

    @action
    def count(self, p: Proc) -> None:
        require(any(self.done[p] < n for n in Count))
        self.done[p] = self.done[p] + 1


class Table:
    """The code, as `Dining` has it."""

    def start(self, setting: Setting) -> None:
        self.owner: dict[str, str | None] = dict.fromkeys(setting.elements["Fork"])

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        if action == "take":
            return self.take(**args)
        return self.put(**args)

    def take(self, p: str, k: str) -> Any:
        if self.owner[k] is not None:
            raise Refusal("it is taken")
        self.owner[k] = p
        return set()

    def put(self, p: str) -> Any:
        if set(self.owner.values()) != {p}:
            raise Refusal("not all are held")
        return self.drop(p)

    def drop(self, p: str) -> Any:
        self.owner = {k: None if q == p else q for k, q in self.owner.items()}
        return set()

    def observe(self) -> dict[str, Any]:
        return {"owner": self.owner}


class GivesUp(Table):
    put = Table.drop


class Silent(Table):
    """It says that it is done, and does nothing."""

    def put(self, p: str) -> Any:
        return set()


class CannotPut(Table):
    def put(self, p: str) -> Any:
        raise Unrealisable("who knows how")


class Blind(Table):
    def observe(self) -> dict[str, Any]:
        return {}


class HalfBlind(Table):
    """It shows the forks until all are taken."""

    def observe(self) -> dict[str, Any]:
        return {} if all(self.owner.values()) else {"owner": self.owner}


class Hungry(GivesUp):
    """Who has no fork to put back takes one."""

    def put(self, p: str) -> Any:
        if p not in self.owner.values():
            self.owner["f0"] = p
            return set()
        return self.drop(p)


SIZES = {"Proc": 2, "Fork": 2}


def deadlock(adapter: Any, model: type[Protocol] = Dining) -> Replay:
    trace = quorate.check(model, sizes=SIZES, deadlock=True).trace
    assert trace is not None
    return quorate.replay(trace, adapter).replay


@pytest.mark.parametrize("adapter", [Table(), Silent()])
def test_code_that_rests_too_has_the_deadlock(adapter: Any) -> None:
    found = deadlock(adapter)
    assert (found.verdict.value, found.violated) == ("reproduced", "deadlock freedom")
    assert (found.steps, found.asked) == (2, 6)  # four to take a fork, two to put them back


def test_code_that_goes_on_does_not_have_it() -> None:
    found = deadlock(GivesUp())
    assert (found.verdict.value, found.steps) == ("refused", 2)
    assert str(found.divergence) == (
        "step 3, put(p=p0)\n"
        "  the model has    nothing happens any more\n"
        "  the code has     owner[f0] becomes None"
    )


@pytest.mark.parametrize(
    ("adapter", "reason"),
    [
        (CannotPut(), "the adapter cannot bring put(p=p0) about: who knows how"),
        (Blind(), "nothing was compared: the adapter observes nothing and sent nothing"),
        (
            HalfBlind(),
            "deadlock freedom: to see that nothing happens needs owner, "
            "which the adapter does not show",
        ),
    ],
)
def test_why_nothing_can_be_said(adapter: Any, reason: str) -> None:
    found = deadlock(adapter)
    assert found.verdict.value == "unjudged"
    assert found.reason is not None and found.reason.endswith(reason)


class Counter:
    def start(self, setting: Setting) -> None:
        self.done = dict.fromkeys(setting.elements["Proc"], 0)

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        self.done[args["p"]] += 1
        return set()

    def observe(self) -> dict[str, Any]:
        return {"done": self.done}


def test_a_model_that_stops_at_its_bounds_says_nothing_of_the_code() -> None:
    trace = quorate.check(Counting, sizes={"Proc": 1, "Count": 2}, deadlock=True).trace
    assert trace is not None
    found = quorate.replay(trace, Counter()).replay
    assert found.reason == (
        "deadlock freedom: the model stops at the end of a range (count(p=p0)), "
        "and the code need not"
    )


def test_a_run_that_stutters_at_its_end() -> None:
    """Only putting back is fair, and there is nothing to put back: neither in the code."""
    trace = quorate.check(Waiting, sizes=SIZES).trace
    assert trace is not None and trace.loop == len(trace.steps) == 2
    found = quorate.replay(trace, GivesUp()).replay
    assert (found.verdict.value, found.violated, found.asked) == ("reproduced", "all_are_taken", 2)
    hungry = quorate.replay(trace, Hungry()).replay
    assert (hungry.verdict.value, hungry.steps) == ("refused", 2)
    assert hungry.divergence is not None
    assert hungry.divergence.implementation == "owner[f0] becomes p0"
