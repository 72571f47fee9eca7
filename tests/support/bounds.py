"""Bundled protocols at sizes that every engine explores quickly."""

from __future__ import annotations

from typing import Any

import pytest

from quorate.model.language import Protocol, Sizes
from quorate.model.multipaxos import MultiPaxos
from quorate.model.mutants import Mutant
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.raft import Raft
from quorate.model.two_phase_commit import TwoPhaseCommit

Bound = tuple[type[Protocol], dict[str, int], dict[str, int]]  # sizes, budgets of faults

SMALL: list[Bound] = [
    (Paxos, {"Acceptor": 3, "Ballot": 1, "Value": 2}, {}),
    (Paxos, {"Acceptor": 2, "Ballot": 2, "Value": 1}, {}),
    (TwoPhaseCommit, {"Coordinator": 1, "Participant": 2}, {"crash": 1}),
    (Raft, {"Server": 2, "Value": 1, "Term": 1, "Index": 0}, {"crash": 1}),
    (
        PaxosRoles,
        {"Proposer": 1, "Acceptor": 2, "Learner": 1, "Value": 1, "Ballot": 1},
        {"crash": 1},
    ),
    (
        MultiPaxos,
        {"Proposer": 1, "Acceptor": 2, "Slot": 1, "Value": 1, "Ballot": 2},
        {"crash": 1},
    ),
]

# With more elements to exchange.
SYMMETRIC: list[Bound] = [
    (Paxos, {"Acceptor": 3, "Ballot": 2, "Value": 2}, {}),
    (Paxos, {"Acceptor": 4, "Ballot": 1, "Value": 3}, {}),
    (TwoPhaseCommit, {"Coordinator": 1, "Participant": 3}, {"crash": 1}),
    (Raft, {"Server": 3, "Value": 2, "Term": 1, "Index": 0}, {"crash": 1}),
    (
        PaxosRoles,
        {"Proposer": 1, "Acceptor": 3, "Learner": 2, "Value": 2, "Ballot": 1},
        {"crash": 0},
    ),
    (
        MultiPaxos,
        {"Proposer": 2, "Acceptor": 3, "Slot": 1, "Value": 1, "Ballot": 1},
        {"crash": 0},
    ),
]


def name_of(bound: Bound) -> str:
    return f"{bound[0].__name__}-{'-'.join(map(str, bound[1].values()))}"


def every_day(bounds: list[Bound], *kept: str) -> list[Any]:
    """Bounds as parameters: those of these names every day, the rest with the exhaustive tests."""
    assert set(kept) <= set(map(name_of, bounds))
    return [
        pytest.param(b, id=name_of(b), marks=() if name_of(b) in kept else pytest.mark.exhaustive)
        for b in bounds
    ]


def narrowed(mutant: Mutant) -> Sizes:
    """The sizes at which a mutant fails, but with one ballot: few states, all of them."""
    sizes = {**mutant.sizes, **({"Ballot": 1} if "Ballot" in mutant.sizes else {})}
    return mutant.protocol.sized(mutant.faults, **sizes)
