"""`quorate.prove` and `quorate.find_invariants`."""

from __future__ import annotations

from pathlib import Path

import pytest

import quorate
from quorate.checker.errors import InputError
from quorate.checker.loading import name_of
from quorate.checker.rendering.html.page import page_of
from quorate.model.paxos import Paxos

from ..support.protocols.runs import Pings
from .schema import valid

CASES = Path(__file__).parents[1] / "cases" / "models"


@pytest.mark.exhaustive
def test_paxos_is_proved(tmp_path: Path) -> None:
    result = quorate.prove(Paxos, smt2=tmp_path / "obligations")
    assert [*(tmp_path / "obligations").glob("*.smt2")]
    assert result.holds and result.violation is None and result.trace is None
    assert valid("prove", 0, result.to_json())["standing"] == "proved"
    assert "agreement: proved" in repr(result)


def test_one_invariant_is_not_inductive_alone() -> None:
    result = quorate.prove("Paxos", invariants=["agreement"], refute=False)
    assert not result.holds and result.violation is None
    result.raise_for_violation()


def test_of_nothing_nothing_is_proved() -> None:
    for result in (
        quorate.prove(str(CASES / "no_invariant.py")),
        quorate.find_invariants(str(CASES / "no_invariant.py")),
    ):
        assert not result.holds and "nothing is claimed" in repr(result)
        valid("prove", 0, result.to_json())


def test_what_is_open_is_no_violation() -> None:
    result = quorate.find_invariants("Consensus")
    assert not result.holds and result.violation is None and result.lemmas == {}
    assert "open: not supported" in repr(result)
    assert valid("prove", 4, result.to_json())["verdict"] == "open"


def test_an_unknown_invariant_is_refused() -> None:
    with pytest.raises(InputError, match="Paxos has no invariant `agree`"):
        quorate.prove(Paxos, invariants=["agree"])
    with pytest.raises(InputError, match="Paxos has no invariant `agree`"):
        quorate.find_invariants(Paxos, ["agree"])


def test_properties_of_runs_are_left_to_a_search() -> None:
    result = quorate.prove(Pings, refute=False, effort=0.1)
    assert result.unproved_runs[:2] == ("heard", "pings_are_heard")
    said = f"5 properties of runs (quorate check {name_of(Pings)}): heard, pings_are_heard, "
    assert f"! not proved here: {said}" in repr(result)
    document = valid("prove", 4, result.to_json())
    assert document["unproved_runs"] == list(result.unproved_runs)
    assert "properties of runs, not proved here: heard, " in page_of(document, "2026-11-30")
    of_one = quorate.prove(Pings, invariants=["in_range"], refute=False, effort=0.1)
    assert not of_one.unproved_runs
