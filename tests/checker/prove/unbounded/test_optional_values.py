"""Proofs about numbers and records that may be None, and about records in messages."""

from __future__ import annotations

from typing import Any

import pytest

from quorate.checker.explore.search.breadth_first import explore
from quorate.checker.prove.unbounded import ProofStatus, prove_unbounded
from quorate.checker.prove.unbounded.obligations import Obligations
from quorate.model.abd import Abd
from quorate.model.language.description import describe
from quorate.model.raft_leases import LeaseReads
from quorate.model.raft_prompt import PromptRaft
from quorate.model.raft_reads import ReadIndex

from ....support.protocols.auction import FALSE, TRUE, Auction

FEW = ["all_or_nothing", "bids_were_offered", "the_idle_said_so"]


@pytest.mark.parametrize("names", [FEW, pytest.param(TRUE, marks=pytest.mark.exhaustive)], ids=len)
def test_what_is_true_of_the_auction_is_proved(names: list[str]) -> None:
    found = prove_unbounded(Auction, invariants=names, refute=False)
    assert found.status is ProofStatus.PROVED


@pytest.mark.parametrize(
    "name", [n if n == FALSE[1] else pytest.param(n, marks=pytest.mark.exhaustive) for n in FALSE]
)
def test_what_is_false_of_the_auction_is_not(name: str) -> None:
    found = prove_unbounded(Auction, invariants=[name], refute=False, effort=0.1)
    assert found.invariant(name).status is ProofStatus.OPEN


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", [None, *FALSE])
def test_the_search_agrees_on_what_is_true(name: str | None) -> None:
    found = explore(Auction, Auction.sized(Node=2, Number=1), invariants=[name] if name else TRUE)
    assert found.violated == name


@pytest.mark.parametrize("protocol", [Abd, ReadIndex, LeaseReads, PromptRaft])
def test_bundled_protocols_with_such_values_are_read(protocol: Any) -> None:
    obligations = Obligations(describe(protocol))
    assert obligations.invariants.keys() >= set(protocol.methods("invariant"))
