"""Reads of what the same step wrote above: every engine finds what CPython finds."""

from __future__ import annotations

import pytest

from quorate import prove
from quorate.model.language import ModelError, Protocol, action, durable, invariant
from quorate.model.language.description import describe

from ...support.comparing.searches import compare
from ...support.earlier import Earlier, FurtherParts, Inner, P, Parts


def test_the_kernel_agrees_with_cpython() -> None:
    assert compare(Earlier, Earlier.sized(P=2, N=1), limit=40) == "violated"


def test_parts_of_records_are_written() -> None:
    assert compare(FurtherParts, FurtherParts.sized(P=2, N=1)) == "holds"


class Wrong(Parts):
    o: Inner | None = durable(None)

    @action
    def unknown(self, p: P) -> None:
        self.r[p].zzz = True

    @action
    def optional(self) -> None:
        self.o.n = 1

    @action
    def whole(self) -> None:
        self.r.k = 1

    @action
    def other_type(self, p: P) -> None:
        self.r[p].i.b = 1

    @action
    def no_record(self, p: P) -> None:
        self.r[p].k.z = 1


def test_mistakes_in_parts_are_named() -> None:
    with pytest.raises(ModelError) as raised:
        describe(Wrong)
    codes = [d.code for d in raised.value.diagnostics]
    assert codes == ["unknown-field", "may-be-none", "whole-map", "type-mismatch", "no-fields"]


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
