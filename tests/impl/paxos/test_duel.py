"""The duel of two proposers in the simulator: endless with fixed delays, ended by two means."""

from __future__ import annotations

import sys

import pytest

from quorate.impl.paxos.composition import HEALTHY
from quorate.impl.paxos.duel import ELECTED, IN_STEP, STUBBORN, rounds
from quorate.impl.paxos.simulate import simulate

WANTED = {"n0": "a", "n1": "b"}


def test_fixed_delays_duel_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[simulate.__module__], "TIME_LIMIT_S", 30.0)
    report = simulate(3, 6, IN_STEP, WANTED, STUBBORN)
    assert report.decided is None and report.agreement
    assert rounds(report) == 500  # two in each 0.12 s, to the end


@pytest.mark.parametrize(("seed", "ballots"), [(6, 3), (7, 4)])
def test_random_backoff_ends_it(seed: int, ballots: int) -> None:
    report = simulate(3, seed, IN_STEP, WANTED, HEALTHY)
    assert (report.decided, rounds(report)) == ("a", ballots)


@pytest.mark.parametrize("seed", [6, 7])
def test_an_election_ends_it(seed: int) -> None:
    report = simulate(3, seed, IN_STEP, WANTED, ELECTED)
    assert (report.decided, rounds(report)) == ("a", 4)
