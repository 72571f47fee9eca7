"""Identifiers of the code and elements of the model: one to one, and in order."""

from __future__ import annotations

import pytest

from quorate.checker.conform.adapter import Refusal, Unrealisable
from quorate.checker.conform.names import Identifiers


def ballots() -> Identifiers[tuple[int, str]]:
    return Identifiers(["never", "b1", "b2", "b3"], ordered=True, fixed={"never": None})


def test_what_is_bound_is_found_both_ways() -> None:
    names = ballots()
    names.bind("b2", (7, "x"))
    names.bind("b2", (7, "x"))
    assert names.id("b2") == (7, "x") and names.element((7, "x")) == "b2"
    assert names.id("never") is None and names.element(None) == "never"
    assert names.free() == ["b1", "b3"]
    with pytest.raises(Unrealisable, match="nothing yet that is b1"):
        names.id("b1")
    assert names.element((9, "y")) == "(unbound) (9, 'y')"


@pytest.mark.parametrize(
    ("element", "identifier", "message"),
    [
        ("b3", (7, "a"), r"\(7, 'a'\) for b3 is not above \(7, 'x'\), b2"),
        ("b1", (8, "a"), r"\(8, 'a'\) for b1 is not below \(7, 'x'\), b2"),
        ("b3", (7, "x"), r"\(7, 'x'\) is used again: it is b2"),
        ("b2", (9, "x"), r"b2 is \(7, 'x'\), and now \(9, 'x'\)"),
    ],
)
def test_another_order_or_a_second_use_is_a_refusal(
    element: str, identifier: tuple[int, str], message: str
) -> None:
    names = ballots()
    names.bind("b2", (7, "x"))
    with pytest.raises(Refusal, match=message):
        names.bind(element, identifier)


def test_without_an_order_only_identity_counts() -> None:
    names: Identifiers[str] = Identifiers(["r0", "r1"])
    names.bind("r1", "aaa")
    names.bind("r0", "zzz")
    copy = names.snapshot()
    names.restore(({}, {}))
    assert names.free() == ["r0", "r1"]
    names.restore(copy)
    assert names.element("zzz") == "r0"
