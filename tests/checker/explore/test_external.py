"""The search on disk finds what the reference and the search in memory find."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given

from quorate.checker.explore.search import coverage, external
from quorate.checker.explore.search import in_memory as module
from quorate.checker.explore.search.breadth_first import Explorer, explore
from quorate.checker.explore.search.interface import Progress
from quorate.checker.explore.store import merge, runs
from quorate.checker.results import Exploration, Outcome
from quorate.model.language import ModelError, Protocol, SizeError, Sizes
from quorate.model.language.description import describe
from quorate.model.multipaxos import MultiPaxos
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.raft_election import RaftElection
from quorate.model.two_phase_commit import TwoPhaseCommit

from ...support.comparing.searches import compare
from ...support.examples import share
from ...support.searching import explorer, searching
from ...support.strategies import Source, loaded, sized, sources
from . import toys

COUNTS = ("outcome", "states", "transitions", "depth", "fired", "reached", "guards", "sampled")


pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture(scope="module", autouse=True)
def tiny() -> Iterator[None]:
    """Blocks of a few states, and memory for a few successors: everything happens often."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "BLOCK", 16)
        patch.setattr(runs, "READ", 3)
        patch.setattr(merge, "STRETCH", 50)
        patch.setattr(external, "BATCH_ROOM", 1)
        patch.setattr(external, "GATHERED", 30)
        patch.setattr(module, "FIRST_ROOM", 1)
        yield


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("disk")


def spilling(protocol: type[Protocol], sizes: Sizes, disk: Path, **options: Any) -> Explorer:
    return explorer(protocol, sizes, memory=1, spill=disk, **options)


def same(found: Exploration, other: Exploration) -> None:
    for one in COUNTS:
        assert getattr(found, one) == getattr(other, one), one


# ---------------------------------------------------------------- the same counts


INSTANCES = [
    (Paxos, {}, {"Acceptor": 3, "Ballot": 2, "Value": 2}),
    (TwoPhaseCommit, {"crash": 1}, {"Coordinator": 1, "Participant": 2}),
    (RaftElection, {"crash": 1}, {"Server": 3, "Value": 1, "Term": 1, "Index": 0}),
    pytest.param(
        PaxosRoles,
        {"crash": 0},
        {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 1},
        marks=pytest.mark.exhaustive,
    ),
    pytest.param(
        MultiPaxos,
        {"crash": 0},
        {"Proposer": 1, "Acceptor": 3, "Slot": 2, "Value": 2, "Ballot": 1},
        marks=pytest.mark.exhaustive,
    ),
]


@pytest.mark.parametrize(("protocol", "faults", "bounds"), INSTANCES)
def test_bundled_protocols(
    protocol: type[Protocol], faults: dict[str, int], bounds: dict[str, int], disk: Path
) -> None:
    sizes = protocol.sized(faults, **bounds)
    found = spilling(protocol, sizes, disk).run()
    same(found, explore(protocol, sizes))
    assert found.spilled is not None and found.spilled.states < found.states


@pytest.mark.parametrize(
    ("symmetry", "threads"),
    [
        (True, 3),
        *(
            pytest.param(*row, marks=pytest.mark.exhaustive)
            for row in ((False, 1), (False, 3), (True, 1))
        ),
    ],
)
def test_symmetry_and_threads(
    symmetry: bool, threads: int, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one thread or several found in memory is handed over, orbits or states."""
    monkeypatch.setattr(module, "CROWD", 1)
    sizes = Paxos.sized(Acceptor=3, Ballot=2, Value=2)
    options: dict[str, Any] = {
        "memory": 5_000,
        "spill": disk,
        "symmetry": symmetry,
        "threads": threads,
    }
    found = explorer(Paxos, sizes, **options).run()
    other = explore(Paxos, sizes, symmetry=symmetry)
    same(found, other)
    assert found.orbits == other.orbits
    assert found.spilled is not None and 0 < found.spilled.states < found.states
    assert found.spilled.most_bytes > found.spilled.bytes_per_state > 1
    assert not list(disk.iterdir())


@pytest.mark.exhaustive
def test_a_sample_of_the_states(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "SAMPLE", 500)
    sizes = Paxos.sized(Acceptor=3, Ballot=2, Value=2)
    found = spilling(Paxos, sizes, disk).run()
    other = explore(Paxos, sizes)
    assert found.sampled == other.sampled == 3921 // 7
    for mine, its in zip(found.guards, other.guards, strict=True):
        assert (mine.line, mine.text) == (its.line, its.text)
        assert 0.5 * its.blocked <= mine.blocked <= 2 * its.blocked + 20


@pytest.mark.parametrize("memory", [40_000, 200_000])  # of 1: see above
def test_the_budget_changes_nothing(memory: int, disk: Path) -> None:
    sizes = Paxos.sized(Acceptor=3, Ballot=2, Value=2)
    found = Explorer(Paxos, sizes, searching(memory=memory, spill=disk)).run()
    same(found, explore(Paxos, sizes))


def agree(source: Source, disk: Path) -> str:
    spilled = "in memory"

    def make(protocol: type[Protocol], sizes: Sizes) -> Explorer:
        nonlocal spilled
        search = spilling(protocol, sizes, disk)
        run = search.run

        def noting() -> Exploration:
            nonlocal spilled
            found = run()
            spilled = "on disk" if found.spilled else spilled
            return found

        search.run = noting  # type: ignore[method-assign]
        return search

    with loaded(source) as protocol:
        try:
            describe(protocol)
            sizes = sized(protocol, source)
        except (ModelError, SizeError):
            return "rejected"
        try:
            kind = compare(protocol, sizes, make=make)
        except SizeError as error:
            assert "terms" in str(error)
            return "rejected"
    assert not list(disk.iterdir())
    return f"{kind}, {spilled}"


@given(sources())
@share(3)
def test_generated_protocols(disk: Path, source: Source) -> None:
    """Against the oracle: counts, verdict, the length of the shortest counterexample, its steps."""
    event(agree(source, disk))


# ---------------------------------------------------------------- how it ends


@pytest.mark.parametrize(
    ("code", "symmetry"),
    [
        pytest.param("own-value", True, marks=pytest.mark.exhaustive),
        ("breaks-vote", False),
        ("breaks-vote", True),
        pytest.param("forgets-decision", False, marks=pytest.mark.exhaustive),
        pytest.param("forgets-vote", False, marks=pytest.mark.exhaustive),
        pytest.param("forgets-vote", True, marks=pytest.mark.exhaustive),
    ],
)
def test_violations(code: str, symmetry: bool, disk: Path) -> None:
    """A shortest counterexample is found backwards, and CPython takes its steps."""
    mutant = MUTANTS[code]
    sizes = mutant.protocol.sized(dict(mutant.faults), **mutant.sizes)
    assert mutant.violates is not None
    only = frozenset({mutant.violates})
    found = spilling(mutant.protocol, sizes, disk, only=only, symmetry=symmetry).run()
    other = explore(mutant.protocol, sizes, invariants=only, symmetry=symmetry)
    assert found.outcome is other.outcome is Outcome.VIOLATED
    assert (found.violated, found.depth) == (other.violated, other.depth)
    assert len(found.path) == found.depth and found.spilled is not None
    again = spilling(mutant.protocol, sizes, disk, only=only, symmetry=symmetry).run()
    assert again.path == found.path
    same(again, found)


def test_states_are_counted_once_when_a_violation_ends_the_search(disk: Path) -> None:
    """Those found so far and no others, as many as one finds by going through the same order."""
    sizes = toys.Bounded.sized(Step=9)
    found = spilling(toys.Bounded, sizes, disk).run()
    assert (found.violated, found.states, found.depth) == ("below_four", 5, 4)
    assert found.spilled is not None


def test_an_undefined_step(disk: Path) -> None:
    found = spilling(toys.Overflow, toys.Overflow.sized(Step=5), disk).run()
    assert (found.outcome, found.depth, len(found.path)) == (Outcome.UNDEFINED, 6, 5)
    assert re.search(r"toys\.py:\d+: up\(\): n = 6, but Step goes from 0", str(found.undefined))
    assert not list(disk.iterdir())


@pytest.mark.exhaustive
def test_a_limit_is_looked_at_when_a_level_ends(disk: Path) -> None:
    sizes = Paxos.sized(Acceptor=3, Ballot=2, Value=2)
    found = spilling(Paxos, sizes, disk, limit=2000).run()
    assert found.outcome is Outcome.LIMIT and 2000 <= found.states < 3921
    assert spilling(Paxos, sizes, disk, limit=3922).run().outcome is Outcome.HOLDS


def test_an_interrupt_leaves_nothing_on_disk(disk: Path) -> None:
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        if progress.disk and progress.states > 1000:
            raise KeyboardInterrupt

    sizes = Paxos.sized(Acceptor=3, Ballot=2, Value=2)
    found = spilling(Paxos, sizes, disk).run(report)
    assert found.outcome is Outcome.INTERRUPTED and found.spilled is not None
    assert found.states == seen[-1].states and 0 < found.waiting <= found.states
    assert seen[-1].disk > 0
    assert not list(disk.iterdir())


def test_a_full_disk_is_an_error_and_leaves_nothing(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0
    add = runs.Writer.add

    def full(self: runs.Writer, blocks: runs.Blocks) -> None:
        nonlocal written
        written += len(blocks.data)
        if written > 5000:
            raise OSError(28, "No space left on device")
        add(self, blocks)

    monkeypatch.setattr(runs.Writer, "add", full)
    with pytest.raises(OSError, match="No space left"):
        spilling(Paxos, Paxos.sized(Acceptor=3, Ballot=2, Value=2), disk).run()
    assert not list(disk.iterdir())
