"""Adapters with a method for each action."""

from __future__ import annotations

from typing import Any

import pytest

from quorate.kit import Actions, Chose, Record, Wire, record


class Adapter(Actions):
    def __init__(self) -> None:
        self.wire = Wire(lambda message, source, target: record("Said", what=message))

    def say(self, what: str) -> None:
        self.wire.send(what)

    def told(self) -> set[Record]:
        return {record("Told")}

    def choose(self, v: str) -> dict[str, str]:
        self.wire.send(v)
        return {"v": "v1"}


def test_what_was_sent_is_returned_or_was_caught() -> None:
    adapter = Adapter()
    assert adapter.perform("say", {"what": "x"}) == {record("Said", what="x")}
    assert adapter.perform("told", {}) == {Record("Told", ())}
    chose = adapter.perform("choose", {"v": "v0"})
    assert isinstance(chose, Chose) and chose.arguments == {"v": "v1"}
    assert chose.sent == {record("Said", what="v0")}
    with pytest.raises(NotImplementedError, match="no method shout"):
        adapter.perform("shout", {})


def test_an_action_may_have_a_name_of_the_adapters_own() -> None:
    class Campaigns(Actions):
        def start(self, setting: Any) -> None:
            raise AssertionError("the action, not the adapter")

        def start_(self, n: str) -> set[Record]:
            return {record("Claim", n=n)}

    assert Campaigns().perform("start", {"n": "n0"}) == {record("Claim", n="n0")}
    with pytest.raises(NotImplementedError, match="no method stop_"):
        Campaigns().perform("stop", {})


def test_what_is_left_is_for_one_method() -> None:
    class Rest(Actions):
        def other(self, action: str, **args: Any) -> Any:
            return {record(action, **args)}

    assert Rest().perform("deliver", {"b": "b1"}) == {record("deliver", b="b1")}
    assert Actions.wire is None
