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
from quorate.model.mutants import KILLED, MUTANTS, Mutant
from quorate.model.paxos import Paxos

from ...support.bounds import SMALL, Bound, every_day
from ...support.comparing.searches import compare
from ...support.examples import few

PAXOS = "Paxos-2-2-1"
BROKEN = [m for m in MUTANTS.values() if m.verdict == KILLED]


@pytest.mark.parametrize("bound", every_day(SMALL, PAXOS, "Raft-2-1-1-0"))
def test_agrees_with_python(bound: Bound) -> None:
    protocol, sizes, faults = bound
    assert compare(protocol, protocol.sized(faults, **sizes), limit=1200) == "holds"


@pytest.mark.parametrize("bound", every_day(SMALL, PAXOS))
def test_loops_over_messages_agree(bound: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "MOST_UNROLLED", 1)
    protocol, sizes, faults = bound
    assert compare(protocol, protocol.sized(faults, **sizes), limit=1200) == "holds"


@pytest.mark.parametrize("bound", every_day(SMALL, PAXOS, "Raft-2-1-1-0"))
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


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("ballots", "counts"), [(3, (185369, 1350915, 24)), (4, (8220065, 69931796, 32))]
)
def test_exact_counts_of_more_ballots(ballots: int, counts: tuple[int, int, int]) -> None:
    """Of fewer, and of other protocols, see `tests/model/protocols/test_bundled.py`."""
    found = explore(Paxos, Paxos.sized(Acceptor=3, Ballot=ballots, Value=2))
    assert (found.states, found.transitions, found.depth) == counts
    assert found.reached == {"a_value_is_chosen"}


@pytest.mark.parametrize("mutant", few(BROKEN, {"P9"}))
def test_mutant_is_killed(mutant: Mutant) -> None:
    sizes = mutant.protocol.sized(dict(mutant.faults), **mutant.sizes)
    explorer = Explorer(mutant.protocol, sizes, invariants=frozenset({str(mutant.violates)}))
    found = explorer.run()
    assert (found.outcome, found.violated) == (Outcome.VIOLATED, mutant.violates)
    assert found.depth == len(found.path)
