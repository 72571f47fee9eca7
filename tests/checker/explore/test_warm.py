"""A start that finds its kernel under a key: the same results, and never those of another one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given

from quorate.checker.explore import kernel
from quorate.checker.explore.claims import claimed
from quorate.checker.explore.compiled import only_invariants
from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.model.language import ModelError, Protocol, SizeError, Sizes
from quorate.model.language.description import describe
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos

from ...support.bounds import SMALL, Bound, every_day
from ...support.examples import share
from ...support.kernels import borrow_driver
from ...support.searching import explorer
from ...support.strategies import Source, generate, loaded, sized, sources

WAYS: list[dict[str, Any]] = [{}, {"symmetry": True}, {"por": True}]
SCRIPT = """
import sys
from quorate.checker.cli.main import run
assert run(["check", "Paxos", "-s", "Acceptor=2,Ballot=1,Value=1"]) == 0
heavy = {"numba", "z3", "networkx", "hypothesis", "quorate.checker.explore.kernel_source"}
print(sorted(heavy & set(sys.modules)))
"""


def searched(protocol: type[Protocol], sizes: Sizes, **options: Any) -> tuple[Any, Explorer]:
    """What a search finds, but for its time."""
    search = explorer(protocol, sizes, limit=2000, **options)
    return replace(search.run(), seconds=0.0), search


def agree(protocol: type[Protocol], sizes: Sizes, **options: Any) -> bool:
    """Assert that a second start finds the same, and makes no kernel; whether it found a kernel."""
    cold, first = searched(protocol, sizes, **options)
    again, second = searched(protocol, sizes, **options)
    assert again == cold
    assert second.estimate() == replace(
        first.estimate(), most_states_in_memory=second.estimate().most_states_in_memory
    )
    made = vars(second.kernel)
    if cold.initial is None:
        assert "source" not in made and "text" not in vars(second.kernel.code)
    assert "instances" in vars(first.kernel.source)
    return True


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("options", WAYS, ids=["plain", "symmetry", "por"])
@pytest.mark.parametrize("bound", every_day(SMALL, "Paxos-2-2-1"))
def test_bundled(bound: Bound, options: dict[str, Any]) -> None:
    protocol, sizes, faults = bound
    assert agree(protocol, protocol.sized(faults, **sizes), **options)


@pytest.mark.usefixtures("warm")
def test_counterexamples() -> None:
    mutant = MUTANTS["breaks-vote"]
    sizes = mutant.protocol.sized(dict(mutant.faults), **mutant.sizes)
    cold = Explorer(mutant.protocol, sizes).run()
    again = Explorer(mutant.protocol, sizes).run()
    assert cold.violated is not None and replace(again, seconds=cold.seconds) == cold


@pytest.mark.usefixtures("warm")
@given(sources())
@share(6)
def test_generated(source: Source) -> None:
    with loaded(source) as protocol:
        try:
            describe(protocol)
            sizes = sized(protocol, source)
            Explorer(protocol, sizes)
        except (ModelError, SizeError):
            return
        first, _ = searched(protocol, sizes)
        again, second = searched(protocol, sizes)
        assert again == first
        assert isinstance(first, str) or first.violated or "text" not in vars(second.kernel.code)


# ---------------------------------------------------------------- keys

TEXT = """
from quorate.model.language import (
    Majority, Map, Message, Messages, Ordered, Protocol, Sort, action, durable, invariant,
    reachable, require,
)
class Node(Sort): ...
class Rank(Ordered, bottom="none"): ...
class Quorum(Majority[Node]): ...
class Vote(Message):
    n: Node
    r: Rank
class Proto(Protocol):
    at: Map[Node, Rank] = durable(Rank.none)
    sent: Messages[Vote]
    @action
    def vote(self, n: Node, r: Rank) -> None:
        require(self.at[n] < r)
        self.at[n] = r
        self.sent.add(Vote(n, r))
    @invariant
    def kept(self) -> bool:
        return all(m.r <= self.at[m.n] for m in self.sent[Vote])
    @invariant
    def shown(self) -> bool:
        return all(self.at[n] == Rank.none or any(m.n == n for m in self.sent[Vote]) for n in Node)
    @reachable
    def settled(self) -> bool:
        return any(all(self.at[n] != Rank.none for n in q) for q in Quorum)
"""

CHANGES = {
    "a guard": ("self.at[n] < r", "self.at[n] <= r"),
    "an effect": ("self.at[n] = r\n", "self.at[n] = Rank.none\n"),
    "an invariant": ("m.r <= self.at[m.n]", "m.r < self.at[m.n]"),
    "a key": ("class Vote(Message)", 'class Vote(Message, key="n")'),
    "a variable": ("    sent:", "    lost: bool = durable(True)\n    sent:"),
    "a bottom's name": ("none", "nil"),
    "a property's kind": ("@invariant\n    def kept", "@reachable\n    def kept"),
}


def keys_of(text: str, symmetry: bool = False, por: bool = False) -> Iterator[str | None]:
    """The keys of a protocol at some sizes, with all its invariants and with one."""
    with loaded(Source(text, {}, {})) as protocol:
        for nodes, ranks in ((2, 1), (2, 2), (3, 1)):
            for only in (None, frozenset({"shown"})):
                sizes = protocol.sized(Node=nodes, Rank=ranks)
                with sizes:
                    description = only_invariants(describe(protocol), claimed(protocol, only))
                    found = kernel.dependencies(description, sizes)
                    yield kernel.key_of(description, sizes, found, symmetry, por, False, False)


@pytest.mark.usefixtures("warm")
def test_whatever_is_different_has_another_key() -> None:
    keys = [*keys_of(TEXT), *keys_of(TEXT, symmetry=True), *keys_of(TEXT, por=True)]
    for old, new in CHANGES.values():
        assert old in TEXT
        keys += list(keys_of(TEXT.replace(old, new)))[::2]  # with all invariants
    assert None not in keys
    assert len(set(keys)) == len(keys)
    with loaded(Source(TEXT, {}, {})) as protocol:
        made = explorer(protocol, protocol.sized(Node=2, Rank=1), por=True).kernel
        assert made._key == next(keys_of(TEXT, por=True))


OWN_QUORUMS = """
def least(n):
    return n // 2 + 1
class Quorum(QuorumSystem[Node]):
    @classmethod
    def subsets(cls, n):
        return combinations(range(n), least(n))
"""
HELPED = (
    TEXT.replace("class Quorum(Majority[Node]): ...\n", OWN_QUORUMS)
    .replace("\nfrom", "\nfrom itertools import combinations\nfrom", 1)
    .replace("Protocol,", "Protocol, QuorumSystem,")
)


@pytest.mark.usefixtures("warm")
def test_quorums_that_differ_only_at_these_sizes_have_another_key() -> None:
    keys = []
    for more in ("n // 2 + 1", "n // 2 + 1 + n // 6"):
        with loaded(Source(HELPED.replace("n // 2 + 1", more), {}, {})) as protocol:
            keys.append(Explorer(protocol, protocol.sized(Node=6, Rank=1)).kernel._key)
    assert keys[0] != keys[1]


@pytest.mark.usefixtures("warm")
def test_layout_and_comments_do_not_matter() -> None:
    other = TEXT.replace("    @action", "    # in any rank above\n    @action").replace(
        "(self.at[n] < r)", "( self.at[n]  <  r )"
    )
    assert list(keys_of(other)) == list(keys_of(TEXT))


@pytest.mark.usefixtures("warm")
def test_other_code_has_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = list(keys_of(TEXT))
    monkeypatch.setattr(kernel, "SOURCES", "other code")
    assert set(keys_of(TEXT)).isdisjoint(before)


def test_code_that_changed_while_it_runs_keeps_nothing(
    warm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "unchanged", lambda: False)
    found, search = searched(Paxos, Paxos.sized(Acceptor=2, Ballot=1, Value=2))
    assert found.complete and search.kernel._key is None
    assert not (warm / "metadata").exists()


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("folder", ["metadata", "kernels"])
@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"x" * 10,
        pytest.param(b"x" * 5000, marks=pytest.mark.exhaustive),
        pytest.param(None, marks=pytest.mark.exhaustive),
    ],
)
def test_a_damaged_file_counts_as_absent(warm: Path, folder: str, damage: bytes | None) -> None:
    sizes = Paxos.sized(Acceptor=2, Ballot=1, Value=1)
    cold, _ = searched(Paxos, sizes)
    whole = {f: f.read_bytes() for f in (warm / folder).iterdir()}
    for file, data in whole.items():
        flipped = bytes([*data[:20], data[20] ^ 1, *data[21:]])
        file.write_bytes(flipped if damage is None else damage)
    assert searched(Paxos, sizes)[0] == cold
    assert {f: f.read_bytes() for f in (warm / folder).iterdir()} == whole  # and it is replaced


def test_metadata_without_code_and_code_without_metadata(warm: Path) -> None:
    sizes = Paxos.sized(Acceptor=2, Ballot=1, Value=1)
    cold, _ = searched(Paxos, sizes)
    for folder in ("metadata", "kernels"):
        for file in (warm / folder).iterdir():
            file.unlink()
        assert searched(Paxos, sizes)[0] == cold


@pytest.mark.exhaustive
def test_several_processes_at_once_and_then_one_that_loads_little(tmp_path: Path) -> None:
    borrow_driver(tmp_path)

    def started() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "QUORATE_CACHE": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    running = [started() for _ in range(2)]
    for process in running:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert all("tmp" not in f.name for f in tmp_path.rglob("*") if f.is_file())
    output, errors = started().communicate()
    assert output.splitlines()[-1] == "[]", (output, errors)


def test_a_kernel_tells_the_same_of_itself() -> None:
    """Its metadata says what that its instances give."""
    for seed in range(6):
        source = generate(Random(seed))
        with loaded(source) as protocol:
            try:
                description, sizes = describe(protocol), sized(protocol, source)
            except (ModelError, SizeError):
                continue
            with sizes:
                made = Kernel(description, sizes)
                assert made.metadata.instances == len(made.source.instances)
                assert made.most_successors <= max(1, made.most_transitions)
