"""Reads of what the same step wrote above: every engine finds what CPython finds."""

from __future__ import annotations

from quorate import prove
from quorate.model.language import Protocol, action, durable, invariant

from ...support.comparing.searches import compare
from ...support.earlier import Earlier


def test_the_kernel_agrees_with_cpython() -> None:
    assert compare(Earlier, Earlier.sized(P=2, N=1), limit=40) == "violated"


class Doubled(Protocol):
    x: bool = durable(False)
    y: bool = durable(False)

    @action
    def flip(self) -> None:
        self.x = not self.x
        self.y = self.x

    @invariant
    def equal(self) -> bool:
        return self.x == self.y


def test_it_is_proved_for_any_size() -> None:
    assert prove(Doubled).holds
