"""Implementations under models whose messages are gone once they are delivered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import quorate
from quorate import kit
from quorate.checker.errors import InputError

from ...support.protocols.echo import Echo
from ...support.protocols.lock import Lock


class Locks:
    """A lock server and its clients, as the model has them."""

    twice = False

    def start(self, setting: kit.Setting) -> None:
        clients, servers = setting.elements["Client"], setting.elements["Server"]
        self.asked, self.holds = dict.fromkeys(clients, False), dict.fromkeys(clients, False)
        self.holder: dict[str, str | None] = dict.fromkeys(servers)

    def perform(self, action: str, args: Mapping[str, Any]) -> set[kit.Record]:
        m = args.get("m")
        match action:
            case "ask" if not self.asked[args["c"]]:
                self.asked[args["c"]] = True
                return {kit.Record("Ask", (("c", args["c"]), ("s", args["s"])))}
            case "grant" if self.holder[args["s"]] is None:
                self.holder[args["s"]] = m["c"]
                return {kit.Record("Grant", (("s", args["s"]), ("c", m["c"])))}
            case "grant" | "ask":
                raise kit.Refusal("not now")
            case "enter":
                self.holds[args["c"]] = True
                return {m} if self.twice else set()
            case "leave" if self.holds[args["c"]]:
                self.asked[args["c"]] = self.holds[args["c"]] = False
                return {kit.Record("Release", (("c", args["c"]), ("s", args["s"])))}
            case "leave":
                raise kit.Refusal("it does not hold the lock")
            case "free":
                self.holder[args["s"]] = None
        return set()

    def observe(self) -> dict[str, Any]:
        return {"holder": self.holder, "asked": self.asked, "holds": self.holds}


class Repeating(Locks):
    """It sends on what it received: no new message where they only grow, but one here."""

    twice = True


class Nodes:
    """Nodes that answer twice."""

    swapped = False

    def start(self, setting: kit.Setting) -> None:
        nodes = setting.elements["Node"]
        self.waits = {(a, b): False for a in nodes for b in nodes}

    def perform(self, action: str, args: Mapping[str, Any]) -> set[kit.Record]:
        m = args.get("m")
        match action:
            case "ping":
                if args["a"] == args["b"] or self.waits[args["a"], args["b"]]:
                    raise kit.Refusal("it has asked")
                self.waits[args["a"], args["b"]] = True
                return {kit.Record("Ping", (("a", args["a"]), ("b", args["b"])))}
            case "pong":
                ends = (("a", args["b"]), ("b", m["a"]))
                answers = (False,) if self.swapped else (False, True)
                return {kit.Record("Pong", (*ends, ("last", x))) for x in answers}
            case "done":
                if m["last"]:
                    self.waits[args["a"], m["a"]] = False
        return set()

    def observe(self) -> dict[str, Any]:
        return {"waits": self.waits}


class Short(Nodes):
    """They forget the second answer."""

    swapped = True


LOCKS = {"Client": 2, "Server": 1}
NODES = {"Node": 2, "Depth": 2}


def test_what_conforms_is_driven_through_every_transition() -> None:
    """Also what the network alone decides: it loses messages, and loses connections."""
    for model, adapter, sizes in ((Lock, Locks(), LOCKS), (Echo, Nodes(), NODES)):
        driven = quorate.conform(model, adapter, sizes=sizes, faults={}).conformance
        assert driven.verdict.value == "conforms", driven
        assert driven.driven == driven.transitions > 0
        assert driven.unseen == ()


def test_a_message_that_is_sent_again_is_a_difference() -> None:
    found = quorate.conform(Lock, Repeating(), sizes=LOCKS, faults={}).conformance
    assert [d.name for d in found.differences] == ["enter.sends.sent"]


def test_a_message_that_is_not_sent_is_a_difference() -> None:
    found = quorate.conform(Echo, Short(), sizes=NODES, faults={}).conformance
    (difference,) = found.differences
    assert difference.name == "pong.sends.sent"
    assert [s.call.action for s in difference.run] == ["ping"]


def test_a_run_is_replayed() -> None:
    checked = quorate.check(Lock, sizes={"Client": 2, "Server": 2}, faults={"loss": 0})
    assert checked.trace is not None
    for adapter, verdict in ((Locks(), "reproduced"), (Repeating(), "refused")):
        assert quorate.replay(checked.trace, adapter).replay.verdict.value == verdict


def test_hidden_steps_are_refused() -> None:
    with pytest.raises(InputError, match="hidden: found a network whose messages are gone"):
        quorate.conform(Lock, Locks(), sizes=LOCKS, hidden=1)
    with pytest.raises(InputError, match="hidden: found a network whose messages are gone"):
        quorate.follow(Lock, Locks(), [], sizes=LOCKS, hidden=1)
    with pytest.raises(InputError, match="hidden: found -1"):
        quorate.follow(Lock, Locks(), [], sizes=LOCKS, hidden=-1)
