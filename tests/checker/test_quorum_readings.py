"""One quorum system, every reading: CPython, the compiled search, symmetry, Z3, TLA+."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from quorate.checker.explore.search.breadth_first import Explorer, explore
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.ground.interchangeable import symmetric_sorts
from quorate.checker.ground.permutations import permuted, swap
from quorate.checker.prove.bounded import BoundedOutcome, bounded
from quorate.checker.prove.quorums import prove_quorums
from quorate.checker.prove.unbounded import ProofStatus, prove_unbounded
from quorate.checker.results import Outcome
from quorate.model import quorum_paxos
from quorate.model.language import Protocol
from quorate.model.language.description import describe
from quorate.model.paxos import Value
from quorate.model.quorum_paxos import Acceptor, GridPaxos, JointPaxos, WeightedPaxos

from ..support.comparing.modules import spec_of
from ..support.loading import load_protocol

MODEL = """
from quorate.model.language import *


class Voter(Sort): ...
class Option(Sort): ...

FIRST = Voter(0)

class Old(Configuration[Voter], members=(0, 1, 2)): ...
class New(Configuration[Voter], members=(2, 3)): ...
class Quorum(SYSTEM): ...

class Poll(Protocol):
    vote: Map[Voter, Option | None] = durable(None)
    won: Map[Option, bool] = durable(False)

    @action
    def cast(self, v: Voter, o: Option) -> None:
        require(self.vote[v] is None)
        self.vote[v] = o

    @action
    def close(self, o: Option, q: Quorum) -> None:
        require(all(self.vote[v] == o for v in q))
        self.won[o] = True

    @invariant
    def one_wins(self) -> bool:
        return all(o == p for o in Option for p in Option if self.won[o] and self.won[p])
"""
# What is declared, for how many voters, whether two quorums meet, whether voters are alike.
SYSTEMS = [
    ("Majority[Voter]", 4, True, True),
    ("Flexible[Voter], size=lambda n: n // 2", 4, False, True),
    ('Grid[Voter], columns=2, holds="row"', 4, False, False),
    ('Grid[Voter], columns=2, holds="row and column"', 4, True, True),
    ('Grid[Voter], columns=2, holds="one of each row"', 4, False, False),
    ('Grid[Voter], columns=1, holds="row"', 3, False, True),
    ("Tree[Voter]", 3, True, True),
    ("Tree[Voter]", 4, True, False),
    ("Tree[Voter], degree=3", 4, True, False),
    ("Hierarchical[Voter], branching=2", 4, True, True),
    ("Hierarchical[Voter], branching=(2, 2), need=(1, 2)", 4, False, False),
    ("Weighted[Voter], weights=(2, 1, 1, 1)", 4, True, False),
    ("Weighted[Voter], weights=(1, 1, 1, 1), need=2", 4, False, True),
    ("Configuration[Voter], members=(0, 1, 2)", 4, True, False),
    ("Joint[Voter], configurations=(Old, New)", 4, True, False),
    (
        "Predicate[Voter]):\n    def is_quorum(self, q: Set[Voter]) -> bool:\n"
        "        return FIRST in q and len(q) > 1\nclass Unused(Sort",
        4,
        True,
        False,
    ),
    (
        "Predicate[Voter]):\n    def is_quorum(self, q: Set[Voter]) -> bool:\n"
        "        return 2 * len(q) >= len(Voter)\nclass Unused(Sort",
        4,
        False,
        True,
    ),
]


EVERY_DAY = (0, 3, 7, 10, 12, 14, 15)


pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.parametrize(
    ("declared", "voters", "meets", "alike"),
    [
        pytest.param(*system, marks=() if n in EVERY_DAY else pytest.mark.exhaustive)
        for n, system in enumerate(SYSTEMS)
    ],
)
def test_every_reading_agrees(
    declared: str, voters: int, meets: bool, alike: bool, tmp_path: Path
) -> None:
    path = tmp_path / "poll.py"
    path.write_text(MODEL.replace("SYSTEM", declared))
    poll: Any = load_protocol(path)
    sizes = poll.sized(Voter=voters, Option=2)
    slow = explore_reference(poll, sizes)
    fast = explore(poll, sizes)
    assert (fast.outcome, fast.states, fast.depth) == (slow.outcome, slow.states, slow.depth)
    assert (fast.outcome is Outcome.HOLDS) == meets
    check_symmetry(poll, sizes, fast, alike)
    run = bounded(poll, sizes, depth=6)
    assert (run.outcome is BoundedOutcome.VIOLATED) == (not meets)
    counts, violated = spec_of(poll, sizes).explore()
    if meets:
        assert (sum(counts), violated) == (fast.states, set())
    else:
        assert violated == {"one_wins"}
    quorum = poll.sorts()["Quorum"]
    if quorum in quorum.meets:
        assert prove_quorums(poll, sizes)[0].holds == meets


def check_symmetry(poll: Any, sizes: Any, plain: Any, alike: bool) -> None:
    """Voters are exchanged only where the system treats them alike, and nothing is lost then."""
    voter, quorum = poll.sorts()["Voter"], poll.sorts()["Quorum"]
    with sizes:
        sorts = symmetric_sorts(describe(poll), sizes)
        family = {frozenset(q) for q in quorum}
        swaps = [{voter: swap(len(voter), i)} for i in range(len(voter) - 1)]
        fair = all({permuted(q, s) for q in family} == family for s in swaps)
    assert (voter in sorts) == fair == alike
    reduced = Explorer(poll, sizes, symmetry=True).run()
    assert (reduced.outcome, reduced.depth) == (plain.outcome, plain.depth)
    if plain.outcome is Outcome.HOLDS:
        assert reduced.full_states == plain.states >= reduced.states


# ---------------------------------------------------------------- the bundled protocols


COUNTS = [
    pytest.param(GridPaxos, 39_937, 288_418, marks=pytest.mark.exhaustive),
    pytest.param(WeightedPaxos, 52_001, 386_490, marks=pytest.mark.exhaustive),
    (JointPaxos, 29_473, 209_058),
]
SIZES = {"Acceptor": 4, "Ballot": 2, "Value": 2}


@pytest.mark.parametrize(("protocol", "states", "transitions"), COUNTS)
def test_paxos_over_other_quorums(protocol: type[Protocol], states: int, transitions: int) -> None:
    sizes = protocol.sized(**SIZES)
    found = explore(protocol, sizes)
    assert found.outcome is Outcome.HOLDS
    assert (found.states, found.transitions) == (states, transitions)
    assert "a_value_is_chosen" in found.reached
    reduced = Explorer(protocol, sizes, symmetry=True).run()
    assert reduced.full_states == states > reduced.states
    with sizes:
        assert set(symmetric_sorts(describe(protocol), sizes)) == {Value}
    assert Acceptor in protocol.sorts().values()


@pytest.mark.parametrize(
    "protocol",
    [
        GridPaxos,
        *(pytest.param(p, marks=pytest.mark.exhaustive) for p in (WeightedPaxos, JointPaxos)),
    ],
)
def test_they_are_proved_for_any_size(protocol: type[Protocol]) -> None:
    found = prove_unbounded(protocol, refute=False)
    assert found.proved and found.unmet == ()


@pytest.mark.exhaustive
def test_paxos_over_rows_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.py"
    text = inspect.getsource(quorum_paxos)
    text = text.replace("from .", "from quorate.model.")
    broken = text.replace('columns=2, holds="column"', 'columns=2, holds="row"')
    path.write_text(broken.partition("class WeightedPaxos")[0])
    protocol: Any = load_protocol(path)
    found = prove_unbounded(protocol, refute=False, effort=0.05)
    assert found.status is ProofStatus.VIOLATED
    (proof,) = found.quorums
    assert sorted(proof.counterexample or ()) == ["{a0,a1}", "{a2,a3}"]
    run = explore(protocol, protocol.sized(**SIZES), invariants=frozenset({"agreement"}))
    assert run.outcome is Outcome.VIOLATED and run.violated == "agreement"
