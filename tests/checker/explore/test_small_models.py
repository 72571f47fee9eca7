"""Small models of users, with the counts and depths that independent tools found for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.checker.cli.main import run
from quorate.checker.explore.search.breadth_first import explore
from quorate.checker.loading import load_protocol
from quorate.checker.results import Exploration

CASES = Path(__file__).parents[2] / "cases" / "models"
LEASE = {"Client": 2, "Time": 6, "Token": 2, "Pos": 2}


def explored(name: str, sizes: dict[str, int], only: str | None = None) -> Exploration:
    protocol = load_protocol(f"{CASES / name}")
    return explore(protocol, protocol.sized(**sizes), invariants=None if only is None else {only})


@pytest.mark.parametrize(
    ("name", "sizes", "states"),
    [
        ("log_truncation.py:OldTruncation", {"Replica": 2, "Epoch": 2, "Index": 3}, 189),
        ("log_truncation.py:NewTruncation", {"Replica": 2, "Epoch": 3, "Index": 3}, 799),
        pytest.param(
            "log_truncation.py:NewTruncation",
            {"Replica": 3, "Epoch": 4, "Index": 4},
            262_321,
            marks=pytest.mark.exhaustive,
        ),
        ("parallel_commit.py:AskTheRecord", {"Key": 2}, 153),
        ("lease.py:Lease", LEASE, 3_233),
    ],
)
def test_what_holds(name: str, sizes: dict[str, int], states: int) -> None:
    found = explored(name, sizes)
    assert found.complete and found.states == states


@pytest.mark.parametrize(
    ("name", "sizes", "violated", "steps"),
    [
        (
            "log_truncation.py:OldTruncation",
            {"Replica": 2, "Epoch": 3, "Index": 3},
            "no_divergence",
            6,
        ),
        ("parallel_commit.py:Ambiguous", {"Key": 2}, "no_retry_of_a_commit", 9),
        ("parallel_commit.py:Strict", {"Key": 2}, "prevented_means_not_committed", 10),
        ("lease_bug.py:NoFence", LEASE, "tokens_never_go_back", 18),
        ("lease_bug.py:NoMargin", LEASE, "one_holder", 8),
    ],
)
def test_what_is_violated(name: str, sizes: dict[str, int], violated: str, steps: int) -> None:
    found = explored(name, sizes, violated)
    assert (found.violated, len(found.path)) == (violated, steps)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("strict", "code"), [((), 0), (("--strict",), 4)])
def test_verify_does_not_call_refuted_obligations_a_pass(
    strict: tuple[str, ...], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = ",".join(f"{name}={size}" for name, size in LEASE.items())
    model = str(CASES / "lease.py")
    assert run(["verify", model, "-s", sizes, "--out", str(tmp_path), *strict]) == code
    out = capsys.readouterr().out
    assert "receive / one_holder (not inductive)" in out and "everything holds" not in out
    last = out.strip().splitlines()[-1]
    assert last.startswith("! ") and "Lease is not proved by induction at these sizes" in last


@pytest.mark.exhaustive
def test_where_nothing_is_proved_prove_says_not_inductive(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["prove", f"{CASES / 'parallel_commit.py'}:AskTheRecord"]) == 4
    out = capsys.readouterr().out
    assert "! no_retry_of_a_commit: not inductive" in out and "violated" not in out
