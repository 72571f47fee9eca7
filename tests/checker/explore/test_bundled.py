"""The bundled protocols and their mutants: kernel, reference and exact counts."""

from __future__ import annotations

from typing import Any

import pytest

from quorate.checker.explore import kernel_source, paths
from quorate.checker.explore.codegen import successors
from quorate.checker.explore.codegen.groups import Group
from quorate.checker.explore.search.breadth_first import Explorer, explore
from quorate.checker.ground import instances
from quorate.checker.results import Outcome
from quorate.model.language import Protocol
from quorate.model.multipaxos import MultiPaxos
from quorate.model.mutants import KILLED, MUTANTS, Mutant
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.raft import Raft
from quorate.model.two_phase_commit import TwoPhaseCommit

from ...support.bounds import SMALL, Bound, name_of
from ...support.comparing.searches import compare
from ...support.examples import few


@pytest.mark.parametrize("bound", SMALL, ids=name_of)
def test_agrees_with_python(bound: Bound) -> None:
    protocol, sizes, faults = bound
    assert compare(protocol, protocol.sized(faults, **sizes), limit=1200) == "holds"


@pytest.mark.parametrize("bound", SMALL, ids=name_of)
def test_loops_over_messages_agree(bound: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "MOST_UNROLLED", 1)
    protocol, sizes, faults = bound
    assert compare(protocol, protocol.sized(faults, **sizes), limit=1200) == "holds"


@pytest.mark.parametrize("bound", SMALL, ids=name_of)
def test_grouping_changes_no_count(bound: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol, sizes, faults = bound
    together = explore(protocol, protocol.sized(faults, **sizes))

    def alone(found: Any) -> list[Group]:
        return [Group((x,), (i,)) for i, x in enumerate(found)]

    for module in (kernel_source, paths, successors):
        monkeypatch.setattr(module, "grouped", alone)
    apart = explore(protocol, protocol.sized(faults, **sizes))
    for one in ("states", "transitions", "depth", "fired", "reached", "guards"):
        assert getattr(together, one) == getattr(apart, one), one


COUNTS: list[tuple[type[Protocol], dict[str, int], dict[str, int], tuple[int, int, int]]] = [
    (Paxos, {"Acceptor": 3, "Ballot": 2, "Value": 2}, {}, (3921, 23466, 16)),
    (Paxos, {"Acceptor": 3, "Ballot": 3, "Value": 2}, {}, (185369, 1350915, 24)),
    (
        PaxosRoles,
        {"Proposer": 2, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 1},
        {"crash": 1},
        (7876, 32022, 21),
    ),
    (
        PaxosRoles,
        {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 2},
        {"crash": 0},
        (152568, 506478, 39),
    ),
    (TwoPhaseCommit, {"Coordinator": 1, "Participant": 3}, {"crash": 1}, (4981, 21626, 18)),
    (TwoPhaseCommit, {"Coordinator": 1, "Participant": 3}, {"crash": 2}, (9645, 50001, 19)),
    (
        MultiPaxos,
        {"Proposer": 2, "Acceptor": 2, "Slot": 2, "Value": 1, "Ballot": 2},
        {"crash": 1},
        (9310, 27026, 21),
    ),
    (Raft, {"Server": 3, "Value": 1, "Term": 1, "Index": 0}, {"crash": 1}, (616, 2271, 12)),
    (Raft, {"Server": 2, "Value": 1, "Term": 2, "Index": 1}, {"crash": 1}, (25462, 102406, 28)),
]


RAFT = (Raft, {"Server": 3, "Value": 1, "Term": 1, "Index": 1}, {"crash": 0}, (13817, 121584, 22))


@pytest.mark.parametrize(
    "row", [*COUNTS, pytest.param(RAFT, marks=pytest.mark.exhaustive)], ids=lambda r: name_of(r[:3])
)
def test_exact_counts(row: Any) -> None:
    protocol, sizes, faults, counts = row
    found = explore(protocol, protocol.sized(faults, **sizes))
    assert found.outcome is Outcome.HOLDS
    assert (found.states, found.transitions, found.depth) == counts


@pytest.mark.exhaustive
def test_exact_count_of_four_ballots() -> None:
    found = explore(Paxos, Paxos.sized(Acceptor=3, Ballot=4, Value=2))
    assert (found.states, found.transitions) == (8220065, 69931796)
    assert found.reached == {"a_value_is_chosen"}


@pytest.mark.parametrize("mutant", few(m for m in MUTANTS.values() if m.verdict == KILLED))
def test_mutant_is_killed(mutant: Mutant) -> None:
    sizes = mutant.protocol.sized(dict(mutant.faults), **mutant.sizes)
    explorer = Explorer(mutant.protocol, sizes, invariants=frozenset({str(mutant.violates)}))
    found = explorer.run()
    assert (found.outcome, found.violated) == (Outcome.VIOLATED, mutant.violates)
    assert found.depth == len(found.path)
