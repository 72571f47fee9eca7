"""Leases on Raft's log: a margin of twice the drift is enough, and one of a tick less is not."""

from __future__ import annotations

from typing import Any

import pytest

import quorate
from quorate.model.raft_leases import LeaseReads


def sized(servers: int, terms: int, index: int, **clocks: int) -> dict[str, int]:
    return {"Server": servers, "Value": 1, "Term": terms, "Index": index, "Lease": 1, **clocks}


def test_both_explorers_count_the_same(search: Any) -> None:
    sizes = sized(2, 1, 1, Time=1, Margin=1, Drift=1)
    slow = search(LeaseReads, {"crash": 1}, **sizes)
    fast = quorate.check(LeaseReads, sizes=sizes, faults={"crash": 1}).exploration
    assert not slow.broken and fast.violated is None
    assert slow.counts == (fast.states, fast.transitions, fast.depth) == (403, 1436, 9)


@pytest.mark.parametrize(
    ("clocks", "steps"),
    [
        ({"Time": 1, "Margin": 0, "Drift": 1}, 10),
        pytest.param({"Time": 2, "Margin": 1, "Drift": 1}, 13, marks=pytest.mark.exhaustive),
    ],
)
def test_below_twice_the_drift_a_read_is_stale(clocks: dict[str, int], steps: int) -> None:
    sizes = sized(3, 2, 2, **clocks)
    found = quorate.check(LeaseReads, sizes=sizes, faults={"crash": 0}, symmetry=True).exploration
    assert (found.violated, found.depth) == ("no_read_is_stale", steps)


@pytest.mark.exhaustive
def test_no_read_is_stale_with_a_margin_of_twice_the_drift() -> None:
    sizes = sized(3, 2, 2, Time=3, Margin=2, Drift=1)
    found = quorate.check(LeaseReads, sizes=sizes, faults={"crash": 0}, symmetry=True)
    assert found.holds and not found.warnings
    assert (found.exploration.states, found.exploration.full_states) == (361_332, 2_154_184)
