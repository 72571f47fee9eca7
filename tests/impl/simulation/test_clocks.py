"""Clocks that drift: never further apart than the bound, never backwards, timers at their time."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.impl.errors import ConfigError
from quorate.impl.simulation.clocks import DriftingClock


@given(st.integers(0, 50), st.integers(0, 2**32), st.lists(st.integers(0, 3000), min_size=1))
def test_readings_stay_within_the_bound_and_in_order(
    bound: int, seed: int, times: list[int]
) -> None:
    one, other = DriftingClock(Random(seed), bound), DriftingClock(Random(seed + 1), bound)
    assert all(0 <= one.read(t) - t <= bound for t in times)
    assert all(abs(one.read(t) - other.read(t)) <= bound for t in times)
    assert all(0 <= one.read(t + 1) - one.read(t) <= 2 for t in times)


@given(st.integers(0, 50), st.integers(0, 2**32), st.integers(0, 3000))
def test_a_timer_rings_at_the_first_moment(bound: int, seed: int, reading: int) -> None:
    clock = DriftingClock(Random(seed), bound)
    rings = clock.when(reading)
    assert clock.read(rings) >= reading
    assert rings == 0 or clock.read(rings - 1) < reading


def test_the_bound_is_reached() -> None:
    one, other = DriftingClock(Random(1), 10), DriftingClock(Random(2), 10)
    assert max(abs(one.read(t) - other.read(t)) for t in range(3000)) == 10


def test_the_order_of_looks_does_not_matter() -> None:
    forwards, backwards = DriftingClock(Random(1), 10), DriftingClock(Random(1), 10)
    late = [backwards.read(t) for t in reversed(range(0, 1000, 7))]
    assert [forwards.read(t) for t in range(0, 1000, 7)] == late[::-1]


def test_a_bound_is_a_number_of_ticks() -> None:
    with pytest.raises(ConfigError, match="cannot be -1 ticks apart"):
        DriftingClock(Random(0), -1)
