"""A local name of an action is computed where it is bound, by the kernel as by CPython."""

from __future__ import annotations

import pytest

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.results import Outcome
from quorate.model.language import (
    Map,
    Nat,
    Protocol,
    Seq,
    Sort,
    action,
    durable,
    invariant,
    require,
)


class Node(Sort): ...


class Length(Nat): ...


class Lazy(Protocol):
    log: Map[Node, Seq[Node, Length]] = durable(())
    first: Node | None = durable(None)

    @action
    def append(self, p: Node) -> None:
        require(len(self.log[p]) < 1)
        self.log[p] = (p,)

    @action
    def take(self, p: Node) -> None:
        require(len(self.log[p]) > 0)
        first = self.log[p][0]
        self.first = first

    @invariant
    def taken_is_logged(self) -> bool:
        return self.first is None or len(self.log[self.first]) > 0


class BeforeTheGuard(Lazy):
    @action
    def take(self, p: Node) -> None:
        first = self.log[p][0]
        require(len(self.log[p]) > 0)
        self.first = first


class NotUsed(Lazy):
    @action
    def take(self, p: Node) -> None:
        self.first = p
        first = self.log[p][0]  # noqa: F841


class InABranch(Lazy):
    @action
    def take(self, p: Node) -> None:
        require(self.first is None)
        for n in Node:
            first = self.log[n][0]
            if n == p and len(self.log[n]) > 0:
                self.first = first


class OfAnOverride(Lazy):
    @action
    def take(self, p: Node) -> None:
        super().take(self.log[p][0])


def test_it_has_a_value_after_the_guard() -> None:
    sizes = Lazy.sized(Node=2, Length=1)
    found, truth = Explorer(Lazy, sizes).run(), explore_reference(Lazy, sizes)
    assert found.outcome is truth.outcome is Outcome.HOLDS
    assert (found.states, found.transitions) == (truth.states, truth.transitions) == (8, 16)


@pytest.mark.parametrize(
    "protocol", [BeforeTheGuard, NotUsed, InABranch, OfAnOverride], ids=lambda p: p.__name__
)
def test_it_is_undefined_wherever_it_is_used(protocol: type[Protocol]) -> None:
    sizes = protocol.sized(Node=2, Length=1)
    for found in (Explorer(protocol, sizes).run(), explore_reference(protocol, sizes)):
        assert found.outcome is Outcome.UNDEFINED
        assert found.undefined is not None and "there is no entry 0" in str(found.undefined)
