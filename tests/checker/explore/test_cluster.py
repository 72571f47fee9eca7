"""A search over several shards, and on a Ray cluster that loses some of them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given

from quorate.checker.cli.main import run
from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.search.breadth_first import Explorer, explore
from quorate.checker.explore.search.interface import Progress
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.results import Outcome
from quorate.model.language import ModelError, Protocol, SizeError, StepError
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos
from quorate.traces import read_itf

from ...support.strategies import Source, loaded, sized, sources

ray = pytest.importorskip("ray", reason="the extra quorate[cluster] is not installed")

from quorate.checker.explore.search.cluster import search as clusters  # noqa: E402
from quorate.checker.explore.search.cluster.saved import Folder, SavedError  # noqa: E402
from quorate.checker.explore.search.cluster.search import ClusterError, ClusterSearch  # noqa: E402
from quorate.checker.explore.search.cluster.shard import Level, Shard, Work  # noqa: E402

from ...support.cluster import start_ray  # noqa: E402
from ...support.examples import share  # noqa: E402
from ...support.searching import searching  # noqa: E402
from .test_constraint import SIZES as BOUNDED  # noqa: E402
from .test_constraint import Walk  # noqa: E402

CLIMB = str(Path(__file__).parents[1] / "cli" / "climb.py")
SMALL = Paxos.sized(Acceptor=3, Ballot=2, Value=2)


pytestmark = pytest.mark.usefixtures("own_cache")


# ------------------------------------------------------------ shards, without Ray


def together(model: CompiledModel, shards: int, chunk: int) -> tuple[int, int, int, str | None]:
    """States, transitions, depth and violated invariant, by shards in this process."""
    work = clusters.work_of(model, shards, None)
    every = [Shard(work, q) for q in range(shards)]
    fired = np.zeros(work.actions, np.int64)
    with model.sizes:
        rows = model.initial().rows.reshape(-1)
    for o in every:
        o.begin(rows)
    levels = [o.finish_level() for o in every]
    depth = 0
    while True:
        for _ in range(max(-(-level.added // chunk) for level in levels)):
            made = [o.expand(chunk) for o in every]
            for q, o in enumerate(every):
                o.insert(*(bundles[q] for bundles in made))
        levels = [o.finish_level() for o in every]
        fired += np.sum([level.fired for level in levels], axis=0)
        if bad := next((level for level in levels if level.violation or level.undefined), None):
            return 0, 0, depth + 1, fate(model, bad)
        if not any(level.added for level in levels):
            break
        depth += 1
    return sum(level.count for level in levels), int(fired.sum()), depth, None


def fate(model: CompiledModel, level: Level) -> str:
    if level.violation is None:
        return "undefined"
    return model.kernel.violated(level.violation[0]) or "undefined"


def agree(protocol: type[Protocol], sizes: Sizes) -> str:
    plain = explore_reference(protocol, sizes, limit=2_000)
    if plain.outcome in (Outcome.LIMIT, Outcome.UNDEFINED) or (plain.violated and not plain.path):
        return "passed over"
    model = CompiledModel(protocol, sizes)
    for shards, chunk in ((1, 7), (2, 1_000), (3, 2)):
        states, transitions, depth, violated = together(model, shards, chunk)
        assert depth == plain.depth
        if plain.violated is None:
            assert (states, transitions, violated) == (plain.states, plain.transitions, None)
        else:
            assert violated is not None
    return "violated" if plain.violated else "holds"


@given(sources())
@share(5)
def test_owners_agree_with_python(source: Source) -> None:
    with loaded(source) as protocol:
        try:
            describe(protocol)
            event(agree(protocol, sized(protocol, source)))
        except (ModelError, SizeError, StepError):
            event("rejected")


def test_an_owner_goes_back_a_level() -> None:
    model = CompiledModel(Paxos, SMALL)
    shard = Shard(clusters.work_of(model, 1, None), 0)
    with SMALL:
        shard.begin(model.initial().rows.reshape(-1))
    levels: list[Level] = [shard.finish_level()]
    for _ in range(3):
        shard.expand(10_000)
        shard.insert(None)
        levels.append(shard.finish_level())
    shard.expand(10_000)
    shard.insert(None)
    shard.take_back(levels[-2].count, levels[-1].count)
    shard.expand(10_000)
    shard.insert(None)
    again = shard.finish_level()
    # A second shard that never went back:
    other = Shard(clusters.work_of(model, 1, None), 0)
    with SMALL:
        other.begin(model.initial().rows.reshape(-1))
    other.finish_level()
    for _ in range(4):
        other.expand(10_000)
        other.insert(None)
        straight = other.finish_level()
    assert again == straight


def test_a_checkpoint_of_one_machine_is_refused(tmp_path: Path) -> None:
    explorer = Explorer(Paxos, SMALL, searching(limit=9, checkpoint=tmp_path / "kept"))
    explorer.run()
    with pytest.raises(SavedError, match="kept: is a checkpoint of a search on one machine"):
        Folder(str(tmp_path / "kept")).read_manifest({})


# ------------------------------------------------------------ on Ray


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    start_ray()
    yield
    ray.shutdown()


@pytest.mark.exhaustive
@pytest.mark.parametrize(("ballots", "states", "depth"), [(2, 3_921, 16), (3, 185_369, 24)])
def test_counts_are_those_of_one_machine(
    ballots: int, states: int, depth: int, cluster: None
) -> None:
    sizes = Paxos.sized(Acceptor=3, Ballot=ballots, Value=2)
    local = explore(Paxos, sizes)
    found = ClusterSearch(CompiledModel(Paxos, sizes), 2).run()
    assert found.outcome is Outcome.HOLDS and found.partial is None
    assert (found.states, found.transitions, found.depth) == (states, local.transitions, depth)
    assert found.fired == local.fired and found.reached == local.reached
    assert found.guards == local.guards


@pytest.mark.exhaustive
def test_no_step_is_taken_beyond_a_constraint(cluster: None) -> None:
    found = ClusterSearch(CompiledModel(Walk, Walk.sized(**BOUNDED)), 2).run()
    assert (found.outcome, found.states, found.outside) == (Outcome.WITHIN, 15, 6)
    assert found.guards == explore(Walk, Walk.sized(**BOUNDED)).guards


@pytest.mark.exhaustive
def test_orbits_are_counted(cluster: None) -> None:
    reduced = ClusterSearch(CompiledModel(Paxos, SMALL, symmetry=True), 1).run()
    assert (reduced.states, reduced.full_states) == (443, 3_921)


def test_the_verb(cluster: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cluster that has been joined is used again; what else is asked: see `test_ways.py`."""
    file = tmp_path / "t.itf.json"
    asked = ["-s", "Step=5,Side=2", "-i", "low", "--symmetry", "--trace", str(file)]
    assert run(["check", CLIMB, *asked, "--ray", "local", "--workers", "1", "--coverage"]) == 1
    said = capsys.readouterr().out
    assert "low" in said and "no guards were counted: the search is not complete" in said
    assert len(read_itf(file).steps) == 4


@pytest.mark.exhaustive
def test_a_counterexample_is_shortest_and_real(cluster: None) -> None:
    mutant = MUTANTS["no-phase1"]
    assert mutant.violates is not None
    sizes = mutant.protocol.sized(dict(mutant.faults) or None, **mutant.sizes)
    only = frozenset({mutant.violates})
    local = explore(mutant.protocol, sizes, invariants=only)
    found = ClusterSearch(CompiledModel(mutant.protocol, sizes, only), 2).run()
    assert (found.violated, found.depth) == (local.violated, local.depth)
    with sizes:
        machine = Interpreter(mutant.protocol, sizes)
        state = found.initial
        for move in found.path:
            assert state is not None
            state = machine.step(state, move.action, move.arguments)
            assert state == move.state
        assert state is not None and not machine.holds(mutant.violates, state)


@pytest.mark.exhaustive
def test_a_lost_worker_costs_its_level(cluster: None, tmp_path: Path) -> None:
    search = ClusterSearch(CompiledModel(Paxos, SMALL), 2, checkpoint=str(tmp_path / "saved"))
    lost: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.depth in (3, 7) and progress.depth not in lost:
            lost.append(progress.depth)
            victim = search.handles[progress.depth % 2]
            os.kill(ray.get(victim.process.remote()), signal.SIGKILL)

    found = search.run(kill)
    assert lost == [3, 7]
    assert (found.outcome, found.states, found.depth) == (Outcome.HOLDS, 3_921, 16)
    assert found.transitions == explore(Paxos, SMALL).transitions


@pytest.mark.exhaustive
def test_a_lost_worker_without_checkpoint(cluster: None) -> None:
    search = ClusterSearch(CompiledModel(Paxos, SMALL), 1)

    def kill(progress: Progress) -> None:
        if progress.depth == 3:
            os.kill(ray.get(search.handles[0].process.remote()), signal.SIGKILL)

    with pytest.raises(ClusterError, match="with --checkpoint"):
        search.run(kill)


@pytest.mark.exhaustive
def test_a_stopped_search_goes_on(cluster: None, tmp_path: Path) -> None:
    folder = tmp_path / "saved"

    def stop(progress: Progress) -> None:
        if progress.depth == 6:
            raise KeyboardInterrupt

    first = ClusterSearch(CompiledModel(Paxos, SMALL), 1, checkpoint=str(folder)).run(stop)
    assert first.outcome is Outcome.INTERRUPTED and first.states < 3_921
    found = ClusterSearch(CompiledModel(Paxos, SMALL), 1, checkpoint=str(folder)).run()
    assert (found.outcome, found.states, found.depth) == (Outcome.HOLDS, 3_921, 16)
    assert found.transitions == explore(Paxos, SMALL).transitions


@pytest.mark.exhaustive
def test_checkpoints_that_are_refused(cluster: None, tmp_path: Path) -> None:
    folder = tmp_path / "saved"

    def stop(progress: Progress) -> None:
        if progress.depth == 4:
            raise KeyboardInterrupt

    def again(model: CompiledModel, shards: int = 2) -> Any:
        return ClusterSearch(model, shards, checkpoint=str(folder)).run()

    ClusterSearch(CompiledModel(Paxos, SMALL), 2, checkpoint=str(folder)).run(stop)
    larger = CompiledModel(Paxos, Paxos.sized(Acceptor=3, Ballot=3, Value=2))
    with pytest.raises(SavedError, match="its sizes is"):
        again(larger)
    with pytest.raises(SavedError, match="its model is"):
        again(_other())
    with pytest.raises(SavedError, match="its owners is 2"):
        again(CompiledModel(Paxos, SMALL), 1)
    with pytest.raises(SavedError, match="its symmetry is False"):
        again(CompiledModel(Paxos, SMALL, symmetry=True))
    states = next(folder.glob("level-00002-*"))
    states.write_bytes(states.read_bytes()[:-7])
    with pytest.raises(SavedError, match="is damaged"):
        again(CompiledModel(Paxos, SMALL))
    manifest = folder / "manifest.json"
    text = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**text, "version": 99}))
    with pytest.raises(SavedError, match="has version 99, this is version 1"):
        again(CompiledModel(Paxos, SMALL))
    manifest.write_text("{")
    with pytest.raises(SavedError, match="is no manifest"):
        again(CompiledModel(Paxos, SMALL))


def _other() -> CompiledModel:
    from quorate.model.flexible_paxos import FlexiblePaxos

    return CompiledModel(FlexiblePaxos, FlexiblePaxos.sized(Acceptor=3, Ballot=2, Value=2))


@pytest.mark.exhaustive  # what it refuses is in the table of ways and options
def test_no_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["-s", "Acceptor=3,Ballot=2,Value=2", "--ray", "127.0.0.1:1"]
    assert run(["check", "Paxos", *options, "--limit", "5"]) == 2
    assert "--ray does not take --limit" in capsys.readouterr().err


@pytest.mark.exhaustive
def test_a_cluster_that_does_not_start(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine may be too busy for Ray, which then raises nothing more special."""

    def late(**_: object) -> None:
        raise Exception("The current node timed out during startup.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", late)
    assert run(["check", "Paxos", "-s", "Acceptor=3,Ballot=2,Value=2", "--ray", "local"]) == 2
    assert "--ray local: The current node timed out" in capsys.readouterr().err


@pytest.mark.exhaustive
def test_work_is_shown_without_its_code() -> None:
    work = clusters.work_of(CompiledModel(Paxos, SMALL), 2, None)
    assert isinstance(work, Work) and len(repr(work)) < 400
