"""Runs that repeat for ever: recorded, checked again, and gone round by an implementation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

import quorate
from quorate.checker.conform.adapter import Refusal
from quorate.checker.conform.replaying.recorded import check_trace
from quorate.checker.conform.replaying.replay import ROUNDS, ReplayVerdict, replay
from quorate.checker.errors import InputError
from quorate.model.language import Protocol
from quorate.traces import FrozenMap, Trace, dumps_itf, loads_itf

from ...support.protocols.runs import Fork, StronglyFair


class ForkAdapter:
    """The lock as it is meant; it remembers what was done."""

    def start(self, trace: Any) -> None:
        self.owner: str | None = None
        self.served = {f"p{k}": False for k in range(dict(trace.sizes)["Proc"])}
        self.done: list[str] = []

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        self.done.append(action)
        if action == "take":
            if self.owner is not None:
                raise Refusal("taken")
            self.owner = args["p"]
        else:
            self.owner, self.served[args["p"]] = None, True
        return frozenset()

    def observe(self) -> dict[str, Any]:
        return {"owner": self.owner, "served": FrozenMap(self.served)}


class Rotating(ForkAdapter):
    """Who had it last does not get it next."""

    last: str | None = None

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        if action == "take" and args["p"] == self.last:
            raise Refusal("not again")
        self.last = args["p"]
        return super().perform(action, args)


class HidesWhoIsServed(ForkAdapter):
    def observe(self) -> dict[str, Any]:
        return {"owner": self.owner}


def run(name: str, protocol: type[Protocol] = Fork) -> Trace:
    trace = quorate.check(protocol, sizes={"Proc": 2}, temporal=[name]).trace
    assert trace is not None
    return loads_itf(dumps_itf(trace))


UNSERVED = "all_are_served"


def test_the_loop_is_gone_round_several_times() -> None:
    adapter = ForkAdapter()
    found = replay(run(UNSERVED), Fork, adapter)
    assert (found.verdict, found.violated) == (ReplayVerdict.REPRODUCED, f"{UNSERVED}(p0)")
    assert adapter.done == ["take", "put"] * (1 + ROUNDS)


def test_an_implementation_that_is_fair_refuses_it() -> None:
    found = replay(run(UNSERVED), Fork, Rotating())
    assert (found.verdict, found.steps) == (ReplayVerdict.REFUSED, 2)


def test_what_is_not_shown_is_not_judged() -> None:
    found = replay(run(UNSERVED), Fork, HidesWhoIsServed())
    assert found.verdict is ReplayVerdict.UNJUDGED
    assert found.reason == f"{UNSERVED} needs served, which the adapter does not show"


def test_a_property_of_steps_is_broken_by_the_last_step() -> None:
    found = replay(run("it_is_never_put_back"), Fork, ForkAdapter())
    assert (found.verdict, found.steps) == (ReplayVerdict.REPRODUCED, 2)


def test_what_is_recorded_is_checked_again() -> None:
    trace = run(UNSERVED)
    check_trace(trace, Fork)
    assert trace.loop is not None and trace.violation is not None
    refused = {
        "it does not say where it repeats": replace(trace, loop=None),
        "the loop does not lead back to where it begins": replace(trace, loop=trace.loop + 1),
        "the loop is not fair to take(p=p0)": replace(trace, loop=len(trace.steps)),
        "it does not": replace(trace, violation=replace(trace.violation, property="it_gets_free")),
    }
    for why, wrong in refused.items():
        with pytest.raises(InputError, match="the trace says that it violates") as raised:
            check_trace(wrong, Fork)
        assert why in str(raised.value)
    with pytest.raises(InputError, match="the loop is not fair to take"):
        check_trace(replace(trace, digest=None), StronglyFair)
