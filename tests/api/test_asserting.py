"""`quorate.assert_violates`: invariants, properties of runs, and freedom from deadlock."""

from __future__ import annotations

import pytest

import quorate
from quorate.errors import ArgumentError

from ..support.protocols.runs import Claims, Pings

SIZES = {"Proc": 1, "Turn": 2}


def test_a_deadlock_is_asserted_with_its_depth() -> None:
    quorate.assert_violates(Claims, "deadlock freedom", depth=1, sizes={"Turn": 1})
    with pytest.raises(quorate.UnmetError, match="violated in 1 steps, expected 2"):
        quorate.assert_violates(Claims, "deadlock freedom", depth=2, sizes={"Turn": 1})


def test_a_property_of_runs_is_asserted() -> None:
    found = quorate.assert_violates(Pings, "one_at_a_time", sizes=SIZES)
    assert "one_at_a_time is violated" in repr(found) and found.trace is not None
    with pytest.raises(quorate.UnmetError, match=r"^heard is not violated"):
        quorate.assert_violates(Pings, "heard", sizes=SIZES)


def test_what_cannot_be_asserted_is_refused() -> None:
    with pytest.raises(ArgumentError, match="one_at_a_time is a property of runs, which have no"):
        quorate.assert_violates(Pings, "one_at_a_time", depth=2, sizes=SIZES)
    with pytest.raises(ArgumentError, match="Pings has no property `herd`; did you mean heard"):
        quorate.assert_violates(Pings, "herd", sizes=SIZES)
