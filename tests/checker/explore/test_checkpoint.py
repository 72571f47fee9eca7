"""A search that is killed goes on where its checkpoint is, and ends as if nothing had happened."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from quorate.checker.errors import InputError
from quorate.checker.explore.search import checkpoint as module
from quorate.checker.explore.search import external, in_memory, storage, threads
from quorate.checker.explore.search.breadth_first import Explorer, explore
from quorate.checker.explore.search.interface import Progress
from quorate.checker.explore.store import merge, runs
from quorate.checker.results import Exploration, Outcome
from quorate.model.language import Protocol, Sizes
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos

from ...support.searching import explorer
from . import killing, toys

SIZES = {"Acceptor": 3, "Ballot": 2, "Value": 2}
COUNTS = (
    "outcome", "states", "transitions", "depth", "violated", "initial", "path", "fired",
    "reached", "guards", "orbits",
)  # fmt: skip


class Killed(BaseException):
    """Stands for kill -9: nothing is saved after it."""


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything happens often, and a checkpoint is made at every occasion."""
    monkeypatch.setattr(runs, "BLOCK", 32)
    monkeypatch.setattr(runs, "READ", 3)
    monkeypatch.setattr(merge, "STRETCH", 100)
    monkeypatch.setattr(external, "BATCH_ROOM", 1)
    monkeypatch.setattr(in_memory, "FIRST_ROOM", 1)
    monkeypatch.setattr(storage, "SLICE", 70)
    monkeypatch.setattr(in_memory, "CROWD", 50)
    monkeypatch.setattr(threads, "STRETCH", 40)


@dataclass
class Search:
    """A search that is killed after so many looks at its progress, and started again."""

    folder: Path
    protocol: type[Protocol] = Paxos
    sizes: Sizes = field(default_factory=lambda: Paxos.sized(**SIZES))
    options: dict[str, Any] = field(default_factory=dict)

    def explorer(self, **more: Any) -> Explorer:
        options = {"every": 0.0, **self.options, **more}
        return explorer(self.protocol, self.sizes, checkpoint=self.folder, **options)

    def killed_after(self, looks: int) -> Exploration | None:
        left = looks

        def report(progress: Progress) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed

        search = self.explorer()
        try:
            return search.run(report)
        except Killed:
            return None

    def through(self, seed: int, most: int) -> tuple[Exploration, int]:
        """The result, and how often the search was killed."""
        random = Random(seed)
        for kills in range(10_000):
            found = self.killed_after(random.randint(1, most))
            if found is not None:
                return found, kills
        raise AssertionError("no end")


def same(found: Exploration, other: Exploration) -> None:
    for one in COUNTS:
        assert getattr(found, one) == getattr(other, one), one


KINDS: dict[str, tuple[int, dict[str, Any]]] = {  # and how soon they are killed
    "memory": (25, {}),
    "threads": (25, {"threads": 2}),
    "disk": (120, {"memory": 1}),
    "both": (60, {"memory": 40_000}),
    "threads and disk": (60, {"memory": 60_000, "threads": 2}),
    "orbits": (3, {"symmetry": True}),
    "orbits on disk": (20, {"symmetry": True, "memory": 1}),
}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(k, marks=() if k in ("memory", "both", "orbits") else pytest.mark.exhaustive)
        for k in KINDS
    ],
)
def test_killed_often(kind: str, tmp_path: Path) -> None:
    most, options = KINDS[kind]
    search = Search(tmp_path / "kept", options=options)
    found, kills = search.through(seed=1, most=most)
    assert kills >= 2 and found.resumed is not None and not found.resumed.finished
    without = {k: v for k, v in options.items() if k != "memory"}
    same(found, explorer(Paxos, search.sizes, **without).run())
    assert (found.spilled is not None) == ("memory" in options)
    again = search.explorer().run()
    assert again.resumed is not None and again.resumed.finished
    same(again, found)


@pytest.mark.parametrize("memory", [None, pytest.param(1, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("code", ["breaks-vote", "forgets-decision"])
def test_killed_before_a_violation(code: str, memory: int | None, tmp_path: Path) -> None:
    """The same counterexample, step by step, as from a search that nobody disturbed."""
    mutant = MUTANTS[code]
    assert mutant.violates is not None
    sizes = mutant.protocol.sized(dict(mutant.faults), **mutant.sizes)
    options = {"only": frozenset({mutant.violates}), "memory": memory}
    undisturbed = Search(tmp_path / "whole", mutant.protocol, sizes, options).explorer().run()
    found, kills = Search(tmp_path / "kept", mutant.protocol, sizes, options).through(5, 3)
    assert kills and found.outcome is Outcome.VIOLATED and found.path
    same(found, undisturbed)
    again = Search(tmp_path / "kept", mutant.protocol, sizes, options).explorer().run()
    assert again.resumed is not None and again.resumed.finished
    same(again, undisturbed)


@pytest.mark.parametrize(
    ("step", "memory"),
    [
        pytest.param("replace", None, marks=pytest.mark.exhaustive),
        ("fsync", None),
        pytest.param("fsync", 40_000, marks=pytest.mark.exhaustive),
        pytest.param("unlink", 40_000, marks=pytest.mark.exhaustive),
    ],
)
def test_killed_while_saving(
    step: str, memory: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each of the calls that make a checkpoint, one after the other."""
    expected = explore(Paxos, Paxos.sized(**SIZES))
    search = Search(tmp_path / "kept", options={"memory": memory})
    calls, fatal = 0, 0

    def dying(whole: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == fatal:
                raise Killed
            return whole(*arguments, **named)

        return call

    if step == "fsync":
        monkeypatch.setattr(os, "fsync", dying(os.fsync))
    else:
        monkeypatch.setattr(Path, step, dying(getattr(Path, step)))
    for kill in range(4):
        calls, fatal = 0, 2 + 7 * kill
        try:
            found = search.explorer().run()
            break
        except Killed:
            continue
    else:
        fatal = 0
        found = search.explorer().run()
    same(found, expected)


def test_an_interrupt_leaves_a_checkpoint(tmp_path: Path) -> None:
    search = Search(tmp_path / "kept", options={"every": 1e9})

    def report(progress: Progress) -> None:
        if progress.states > 2000:
            os.kill(os.getpid(), signal.SIGINT)

    found = search.explorer().run(report)
    assert found.outcome is Outcome.INTERRUPTED and found.resumed is None
    again = search.explorer().run()
    assert again.resumed is not None and again.resumed.states == found.states > 2000
    same(again, explore(Paxos, search.sizes))


def test_a_limit_can_be_raised(tmp_path: Path) -> None:
    search = Search(tmp_path / "kept")
    assert search.explorer(limit=1000).run().outcome is Outcome.LIMIT
    assert search.explorer(limit=900).run().outcome is Outcome.LIMIT
    found = search.explorer().run()
    assert found.resumed is not None and found.resumed.states == 1000
    assert (found.outcome, found.states) == (Outcome.HOLDS, 3921)


def test_the_number_of_threads_may_change(tmp_path: Path) -> None:
    search = Search(tmp_path / "kept", options={"threads": 3})
    assert search.killed_after(8) is None
    search.options = {"threads": 2}
    assert search.killed_after(8) is None
    search.options = {}
    same(search.explorer().run(), explore(Paxos, search.sizes))


# ---------------------------------------------------------------- refused


@pytest.fixture
def half(tmp_path: Path) -> Search:
    """A search that was killed half way."""
    search = Search(tmp_path / "kept")
    assert search.killed_after(20) is None
    return search


def refused(search: Search, pattern: str, **options: Any) -> None:
    before = {p.name: p.read_bytes() for p in search.folder.iterdir() if p.name != "lock"}
    with pytest.raises(InputError, match=pattern):
        search.explorer(**options).run()
    after = {p.name: p.read_bytes() for p in search.folder.iterdir() if p.name != "lock"}
    assert before == after


def test_other_sizes_are_refused(half: Search) -> None:
    half.sizes = Paxos.sized(Acceptor=3, Ballot=3, Value=2)
    refused(half, r"kept: this checkpoint .* of the sizes .*Ballot=2.*, not .*Ballot=3")


def test_other_options_are_refused(half: Search) -> None:
    refused(half, "it was made without --symmetry", symmetry=True)
    refused(half, "it checks other invariants: .*agreement", only=frozenset({"agreement"}))


def test_another_protocol_is_refused(half: Search) -> None:
    half.protocol, half.sizes = toys.Counter, toys.Counter.sized(Step=5)
    refused(half, "it is of Paxos, not of Counter")


EDITED = """
from quorate.model.language import action, require
from quorate.model import paxos
from quorate.model.paxos import Ballot, Prepare

class Paxos(paxos.Paxos):
    @action
    def phase1a(self, b: Ballot) -> None:
        {guard}
        self.sent.add(Prepare(b))
"""


def test_an_edited_protocol_is_refused(tmp_path: Path) -> None:
    from quorate.checker.loading import load_protocol

    path = tmp_path / "edited.py"
    path.write_text(EDITED.format(guard=""))
    first = load_protocol(f"{path}:Paxos")
    search = Search(tmp_path / "kept", first, first.sized(**SIZES))
    assert search.killed_after(3) is None
    path.write_text(EDITED.format(guard="require(Prepare(b) not in self.sent)"))
    second = load_protocol(f"{path}:Paxos")
    search.protocol, search.sizes = second, second.sized(**SIZES)
    refused(search, "Paxos was changed since")


def rewritten(search: Search, change: Callable[[dict[str, Any]], None]) -> None:
    """The manifest changed by somebody who seals it again."""
    import hashlib

    path = search.folder / module.MANIFEST
    saved = json.loads(path.read_bytes())["saved"]
    change(saved)
    raw = msgspec.json.encode(saved)
    sealed = {"sha256": hashlib.sha256(raw).hexdigest(), "saved": msgspec.Raw(raw)}
    path.write_bytes(msgspec.json.encode(sealed))


def test_another_version_is_refused(half: Search) -> None:
    def older(saved: dict[str, Any]) -> None:
        saved["identity"]["version"] = "0.0.7"

    rewritten(half, older)
    refused(half, r"it was written by Quorate 0\.0\.7, this is Quorate \d")

    def much_older(saved: dict[str, Any]) -> None:
        saved["identity"]["format"] = 0
        del saved["where"]

    rewritten(half, much_older)
    refused(half, r"it was written by Quorate 0\.0\.7, this is Quorate \d")


def test_another_packing_is_refused(half: Search) -> None:
    rewritten(half, lambda saved: saved["identity"].update(layout="0"))
    refused(half, "its states are packed in another way")


def test_a_damaged_manifest_is_refused(half: Search) -> None:
    path = half.folder / module.MANIFEST
    whole = path.read_bytes()
    for data in (whole[:-10], whole.replace(b'"fired":[', b'"fired":[1'), b"", b"\xff\x00", b"[]"):
        path.write_bytes(data)
        refused(half, r"kept/checkpoint\.json: damaged")


@pytest.mark.parametrize("memory", [None, pytest.param(1, marks=pytest.mark.exhaustive)])
def test_a_damaged_file_is_refused(memory: int | None, tmp_path: Path) -> None:
    search = Search(tmp_path / "kept", options={"memory": memory})
    assert search.killed_after(30) is None
    manifest = (search.folder / module.MANIFEST).read_text()
    names = [p.name for p in search.folder.iterdir() if f'"{p.name}"' in manifest]
    assert len(names) >= 2
    for name in names[:3]:
        path = search.folder / name
        whole = path.read_bytes()
        for data in (whole[: len(whole) // 2], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
            path.write_bytes(data)
            refused(search, rf"kept/{name}: damaged")
        path.unlink()
        refused(search, rf"kept/{name}: No such file")
        path.write_bytes(whole)
    same(search.explorer().run(), explore(Paxos, search.sizes))


def test_what_is_beyond_the_checkpoint_is_ignored(half: Search) -> None:
    """Written by a search that was killed before it could say so."""
    for path in half.folder.iterdir():
        if "states" in path.name or "parents" in path.name:
            path.write_bytes(path.read_bytes() + b"torn")
    (half.folder / "000042.run").write_bytes(b"torn")
    same(half.explorer().run(), explore(Paxos, half.sizes))
    assert not (half.folder / "000042.run").exists()


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    refused(Search(tmp_path), "not a folder of checkpoints: it has thesis.tex")


def test_two_searches_in_one_folder_are_refused(tmp_path: Path) -> None:
    search = Search(tmp_path / "kept")

    def report(progress: Progress) -> None:
        with pytest.raises(InputError, match="kept: another search is being kept here"):
            search.explorer().run()
        raise Killed

    with pytest.raises(Killed):
        search.explorer().run(report)


# ---------------------------------------------------------------- kill -9


def killed_for_real(folder: Path, kills: int, memory: int, code: str) -> dict[str, Any]:
    """What `killing` prints: the result, and how often the process was killed."""
    command = [sys.executable, "-m", killing.__name__, str(folder), str(kills), str(memory), code]
    root = Path(__file__).parents[3]  # from where it can import what the tests share
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_kill_9(tmp_path: Path) -> None:
    search = Search(tmp_path / "kept")
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            looks = itertools.count()
            search.explorer().run(
                lambda _: os.kill(os.getpid(), signal.SIGKILL) if next(looks) == 20 else None
            )
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    found = search.explorer().run()
    assert found.resumed is not None and not found.resumed.finished
    same(found, explore(Paxos, search.sizes))


@pytest.mark.exhaustive
def test_kill_9_three_times(tmp_path: Path) -> None:
    """In memory, on disk, or wherever it happens to be."""
    found = killed_for_real(tmp_path / "kept", 3, 3 << 20, "")
    expected = explore(Paxos, Paxos.sized(Acceptor=3, Ballot=3, Value=2))
    assert found["kills"] == 3
    assert found["result"] == killing.summary(expected)


@pytest.mark.exhaustive
@pytest.mark.parametrize("memory", [1 << 30, 4 << 20])
@pytest.mark.parametrize("code", ["", "own-value"])
def test_kill_9_twenty_times(memory: int, code: str, tmp_path: Path) -> None:
    undisturbed = killed_for_real(tmp_path / "whole", 0, memory, code)
    found = killed_for_real(tmp_path / "kept", 20, memory, code)
    assert (undisturbed["kills"], found["kills"]) == (0, 20)
    assert found["result"] == undisturbed["result"]
