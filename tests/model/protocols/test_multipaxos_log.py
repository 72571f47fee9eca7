"""The log of Multi-Paxos, and acceptors that commands change: counts by both explorers."""

from __future__ import annotations

from typing import Any

import pytest

import quorate
from quorate.model.language import Protocol
from quorate.model.multipaxos_log import MultiPaxosLog
from quorate.model.multipaxos_members import MultiPaxosMembers, MultiPaxosWindow
from quorate.model.multipaxos_snapshots import MultiPaxosSnapshots
from quorate.model.mutants import MUTANTS

FEW = {"Acceptor": 2, "Learner": 1, "Value": 2, "Slot": 2, "Ballot": 1}


@pytest.mark.parametrize(
    ("protocol", "more", "counts"),
    [
        (MultiPaxosLog, {}, (28, 53, 9)),
        (MultiPaxosMembers, {}, (220, 317, 9)),
        (MultiPaxosWindow, {"Slot": 3}, (1015, 2457, 13)),
        (MultiPaxosSnapshots, {"Slot": 1, "Ballot": 2}, (91, 156, 10)),
    ],
)
def test_both_explorers_count_the_same(
    protocol: type[Protocol], more: dict[str, int], counts: tuple[int, int, int], search: Any
) -> None:
    sizes = {**FEW, **more}
    slow = search(protocol, {}, **sizes)
    fast = quorate.check(protocol, sizes=sizes).exploration
    assert not slow.broken and fast.violated is None
    assert slow.counts == (fast.states, fast.transitions, fast.depth) == counts
    assert set(slow.reached) == set(protocol.methods("reachable"))


def test_a_learner_that_skips_a_hole_is_found(search: Any) -> None:
    mutant = MUTANTS["skips-holes"]
    found = search(mutant.protocol, mutant.faults, until=mutant.violates, **mutant.sizes)
    assert found.broken[mutant.violates] == mutant.steps


@pytest.mark.exhaustive
def test_changes_of_three_acceptors() -> None:
    sizes = {"Acceptor": 3, "Learner": 1, "Value": 2, "Slot": 2, "Ballot": 2}
    found = quorate.check(MultiPaxosMembers, sizes=sizes, symmetry=True)
    assert found.holds and found.exploration.full_states == 654_205
