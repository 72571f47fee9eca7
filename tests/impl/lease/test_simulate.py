"""Leases in the simulator: no read is stale within the margin; past it, seeds find one."""

from __future__ import annotations

import pytest

from quorate.impl.errors import ConfigError
from quorate.impl.lease.__main__ import main
from quorate.impl.lease.defects import VARIANTS
from quorate.impl.lease.simulate import simulate_leases


def test_a_run_is_repeatable_and_reads_are_served_in_several_terms() -> None:
    report = simulate_leases(seed=1)
    assert report == simulate_leases(seed=1)
    assert report.stale is None
    assert report.reads > 100 and report.terms > 1 and report.crashes == 2


def test_the_same_seed_within_the_margin_and_past_it() -> None:
    assert simulate_leases(88, drift=10).stale is None
    past = simulate_leases(88, drift=20)
    assert past.stale is not None and past.log[-1].what.endswith(": stale")


def first_stale(drift: int, variant: str, among: range) -> int | None:
    for seed in among:
        if simulate_leases(seed, drift=drift, variant=VARIANTS[variant]).stale is not None:
            return seed
    return None


def test_a_seed_finds_a_vote_that_ignores_the_lease() -> None:
    assert first_stale(10, "lease-ignored-by-vote", range(3)) is not None


def test_a_seed_finds_a_lease_that_one_follower_renews() -> None:
    assert first_stale(10, "renewed-by-one", range(10)) is not None


@pytest.mark.exhaustive
@pytest.mark.parametrize(("drift", "variant"), [(20, "healthy"), (10, "trusts-clocks")])
def test_seeds_find_a_drift_past_the_margin(drift: int, variant: str) -> None:
    assert first_stale(drift, variant, range(300)) is not None


@pytest.mark.exhaustive
@pytest.mark.parametrize("drift", [0, 5, 10])
def test_no_seed_finds_one_within_the_margin(drift: int) -> None:
    assert first_stale(drift, "healthy", range(300)) is None


def test_the_command_shows_a_failing_seed(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--impl", "lease-ignored-by-vote"]
    assert main(["--seeds", "1", *options]) == 1
    stale, *hunted = capsys.readouterr().out.splitlines()
    assert hunted == [
        "  python -m quorate.impl.lease --seed 0 --impl lease-ignored-by-vote",
        "✗ 1 of 1 seeds failed",
    ]
    assert main(["--seed", "0", *options]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == ["time", "n0", "n1", "n2"]
    assert shown[-1] == stale and stale.startswith("✗ a read in term ")
    assert any(line.endswith(": stale") for line in shown)


def test_bad_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--drift", "-1"]) == 2
    assert capsys.readouterr().err == "Clocks cannot be -1 ticks apart.\n"
    with pytest.raises(ConfigError, match="at least one node"):
        simulate_leases(nodes=0)
