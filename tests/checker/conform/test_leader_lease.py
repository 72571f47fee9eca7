"""The bundled leases against their model: they conform, and the drift decides."""

from __future__ import annotations

import pytest

import quorate
from quorate.checker.conform.replaying.replay import ReplayVerdict
from quorate.model.leader_lease import LeaderLease

SIZES = {"Node": 2, "Time": 1, "Lease": 1, "Margin": 1, "Drift": 1}
LONG = pytest.mark.exhaustive


@pytest.mark.parametrize(
    ("terms", "transitions"),
    [(1, "468 of 468"), pytest.param(2, "7,460 of 7,460", marks=LONG)],
)
def test_healthy_leases_conform(terms: int, transitions: str) -> None:
    found = quorate.conform(LeaderLease, sizes={**SIZES, "Term": terms})
    assert found.holds, str(found)
    assert f"{transitions} transitions driven" in str(found)


@pytest.mark.parametrize(("margin", "drift", "steps"), [(0, 1, 8), (1, 2, 9)])
def test_past_the_margin_healthy_code_reads_stale_too(margin: int, drift: int, steps: int) -> None:
    sizes = {"Node": 3, "Term": 2, "Time": drift, "Lease": 1, "Margin": margin, "Drift": drift}
    bug = quorate.check(LeaderLease, sizes=sizes, symmetry=True).trace
    assert bug is not None and len(bug.steps) == steps
    found = quorate.replay(bug)
    assert found.replay.verdict is ReplayVerdict.REPRODUCED
    assert found.replay.violated == "no_stale_read"
