"""Clocks in the readings that do not explore: SAT, k-induction, proofs for any size, TLC."""

from __future__ import annotations

from pathlib import Path

import pytest

import quorate
from quorate.checker.prove.bounded import (
    BoundedOutcome,
    ObligationStatus,
    bounded,
    k_inductive,
)
from quorate.model.language import Map, Nat, Protocol, Sort, clocks, invariant
from quorate.model.leader_lease import LeaderLease
from quorate.model.proofs.leader_lease import ProvedLeaderLease

from ..support.tlc import needs_tlc
from .export.test_tlc import distinct_states

SIZES = {"Node": 2, "Term": 2, "Time": 1, "Lease": 1, "Margin": 1, "Drift": 1}


class Node(Sort): ...


class Time(Nat): ...


class Drift(Nat): ...


class Clocks(Protocol):
    clock: Map[Node, Time] = clocks(drift=Drift)

    @invariant
    def within_the_bound(self) -> bool:
        return all(
            any(self.clock[n] <= self.clock[m] + d for d in Drift) for n in Node for m in Node
        )


@pytest.mark.parametrize(
    ("most", "outcome"), [(7, BoundedOutcome.NONE_WITHIN), (8, BoundedOutcome.VIOLATED)]
)
def test_a_sat_solver_finds_the_stale_read_at_its_depth(most: int, outcome: BoundedOutcome) -> None:
    past = LeaderLease.sized({}, **{**SIZES, "Node": 3, "Margin": 0})
    found = bounded(LeaderLease, past, most)
    assert (found.outcome, found.depth) == (outcome, most)


def test_the_bound_is_inductive_and_holds_for_any_number_of_clocks() -> None:
    found = k_inductive(Clocks, Clocks.sized({}, Node=3, Time=4, Drift=2), 1)
    assert found.status is ObligationStatus.PROVED
    assert quorate.prove(Clocks).holds


def test_that_no_read_is_stale_is_not_inductive_by_itself() -> None:
    found = k_inductive(LeaderLease, LeaderLease.sized({}, **SIZES), 1)
    assert found.status is ObligationStatus.UNKNOWN
    assert found.base.outcome is BoundedOutcome.NONE_WITHIN


@pytest.mark.exhaustive
def test_no_read_is_stale_for_any_number_of_nodes_with_a_margin_of_the_drift() -> None:
    assert quorate.prove(ProvedLeaderLease).holds


@needs_tlc
@pytest.mark.exhaustive
def test_tlc_counts_the_same(tmp_path: Path) -> None:
    assert distinct_states(tmp_path, LeaderLease, SIZES) == (1996, set())
