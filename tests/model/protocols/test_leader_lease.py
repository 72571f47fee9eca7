"""Leader leases: no read is stale if clocks keep to the margin; one tick past it, one is."""

from __future__ import annotations

import pytest

import quorate
from quorate.model.leader_lease import LeaderLease
from quorate.model.mutants import MUTANTS


def checked(nodes: int, time: int, lease: int, margin: int, drift: int) -> quorate.CheckResult:
    sizes = {"Node": nodes, "Term": 2, "Time": time, "Lease": lease}
    sizes |= {"Margin": margin, "Drift": drift}
    return quorate.check(LeaderLease, sizes=sizes, symmetry=True)


def test_no_read_is_stale_while_the_drift_is_within_the_margin() -> None:
    found = checked(2, 2, 1, 1, 1)
    assert found.holds
    assert found.exploration.full_states == 40_775


@pytest.mark.parametrize(
    ("bounds", "steps"),
    [((3, 1, 1, 0, 1), 8), ((3, 2, 1, 1, 2), 9), ((3, 3, 1, 2, 3), 10), ((3, 3, 2, 1, 2), 12)],
)
def test_one_tick_past_the_margin_a_read_is_stale(
    bounds: tuple[int, int, int, int, int], steps: int
) -> None:
    found = checked(*bounds).exploration
    assert (found.violated, found.depth) == ("no_stale_read", steps)


@pytest.mark.parametrize(
    ("name", "steps"),
    [("trusts-clocks", 8), ("lease-ignored-by-vote", 7), ("renewed-by-one", 12)],
)
def test_mutants(name: str, steps: int) -> None:
    mutant = MUTANTS[name]
    found = quorate.check(mutant.protocol, sizes=mutant.sizes, symmetry=True).exploration
    assert (found.violated, found.depth) == (mutant.violates, steps)


@pytest.mark.exhaustive
def test_three_nodes() -> None:
    found = checked(3, 2, 1, 1, 1)
    assert found.holds
    assert (found.exploration.states, found.exploration.full_states) == (418_180, 2_456_982)
