"""The duel of two proposers in the simulator: endless with fixed delays, ended by two means."""

from __future__ import annotations

import sys

import pytest

from quorate.impl.paxos.composition import HEALTHY
from quorate.impl.paxos.duel import ELECTED, STUBBORN, duel, main, rounds
from quorate.impl.paxos.simulate import simulate


def test_fixed_delays_duel_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[simulate.__module__], "TIME_LIMIT_S", 30.0)
    report = duel(6, STUBBORN)
    assert report.decided is None and report.agreement
    assert rounds(report) == 500  # two in each 0.12 s, to the end


@pytest.mark.parametrize(("seed", "ballots"), [(6, 3), (7, 4)])
def test_random_backoff_ends_it(seed: int, ballots: int) -> None:
    report = duel(seed, HEALTHY)
    assert (report.decided, rounds(report)) == ("a", ballots)


@pytest.mark.parametrize("seed", [6, 7])
def test_an_election_ends_it(seed: int) -> None:
    report = duel(seed, ELECTED)
    assert (report.decided, rounds(report)) == ("a", 4)


def test_the_command_runs_all_three(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.modules[simulate.__module__], "TIME_LIMIT_S", 6.0)
    assert main(["--seed", "7"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "both retry after a fixed delay: 100 ballots, no decision in 6 s",
        "both wait for a random while first: 4 ballots, a decided after 0.23 s",
        "an election lets one retry alone: 4 ballots, a decided after 0.30 s",
    ]
