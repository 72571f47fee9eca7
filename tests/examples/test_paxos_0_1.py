"""The package `paxos` 0.1: what it does otherwise is found from the healthy model alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import quorate

from ..support.clocks import count_looks

pytest.importorskip("paxos", reason="the package paxos is not installed")

HERE = Path(__file__).parent
SIZES = {"Acceptor": 3, "Ballot": 2, "Value": 2}


def adapter(name: str) -> str:
    return f"{HERE / 'paxos_0_1.py'}:{name}"


@pytest.fixture(autouse=True)
def looks_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    count_looks(monkeypatch)


def test_a_vote_raises_no_promise() -> None:
    result = quorate.conform("Paxos", adapter("PaxosAdapter"), sizes=SIZES, seconds=300)
    (found,) = result.conformance.differences
    assert (found.name, found.flaky) == ("phase2b.changes.max_bal", False)
    assert [step.call.action for step in found.run] == ["phase1a", "phase1b", "phase1b", "phase2a"]


def test_it_is_found_by_what_acceptors_do_where_promises_cannot_be_seen() -> None:
    result = quorate.conform("Paxos", adapter("BlindPaxosAdapter"), sizes=SIZES, seconds=300)
    first = result.conformance.differences[0]
    assert (first.name, first.flaky) == ("phase1b.allows.sent", False)
    assert result.conformance.unseen == ("max_bal",)


def test_agreement_is_violated() -> None:
    """By the shortest run of a model with the same rule, which the package follows to the end."""
    checked = quorate.check(
        f"{HERE / 'lax_paxos.py'}:LaxPaxos", sizes={**SIZES, "Ballot": 3}, invariants=["agreement"]
    )
    assert checked.trace is not None and len(checked.trace.steps) == 17
    replayed = quorate.replay(checked.trace, adapter("PaxosAdapter"))
    assert replayed.replay.verdict.value == "reproduced"
    assert replayed.replay.violated == "agreement"
