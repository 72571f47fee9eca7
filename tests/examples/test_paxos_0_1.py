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
    sizes = {**SIZES, "Value": 1}
    result = quorate.conform("Paxos", adapter("PaxosAdapter"), sizes=sizes, seconds=300)
    (found,) = result.conformance.differences
    assert (found.name, found.flaky) == ("phase2b.changes.max_bal", False)
    assert [step.call.action for step in found.run] == ["phase1a", "phase1b", "phase1b", "phase2a"]


@pytest.mark.exhaustive
def test_it_is_found_by_what_acceptors_do_where_promises_cannot_be_seen() -> None:
    result = quorate.conform("Paxos", adapter("BlindPaxosAdapter"), sizes=SIZES, seconds=300)
    first = result.conformance.differences[0]
    assert (first.name, first.flaky) == ("phase1b.allows.sent", False)
    assert result.conformance.unseen == ("max_bal",)


@pytest.mark.exhaustive
def test_agreement_is_violated() -> None:
    """Nobody says how: it is what follows from the difference, and the package does it."""
    sizes = {**SIZES, "Ballot": 3}
    result = quorate.conform("Paxos", adapter("PaxosAdapter"), sizes=sizes, seconds=1000)
    (found,) = result.conformance.differences
    (agreement,) = (c for c in found.consequences if c.violated == "agreement")
    assert len(agreement.run) == 17
    calls = [(call.action, call.args) for call in agreement.run]
    followed = quorate.follow("Paxos", adapter("PaxosAdapter"), calls, sizes=sizes).followed
    assert followed.difference is not None and "agreement" in followed.violated
