"""Packages of other shapes: asyncio and callbacks, threads, plain objects that return messages.

None is among our dependencies: each is installed into a folder of its own, for these tests.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

import quorate
from quorate.checker.conform.driving.conformance import Driven

from ..support.clocks import count_looks

pytestmark = pytest.mark.exhaustive

HERE = Path(__file__).parent
ELECTION = {"Server": 3, "Value": 1, "Index": 1}
LIMIT = 60.0


@pytest.fixture(autouse=True)
def looks_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    count_looks(monkeypatch)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packages")


def use(
    package: str, folder: Path, monkeypatch: pytest.MonkeyPatch, besides: Collection[str] = ()
) -> None:
    """Install a package, without what it asks for, for the adapter's process."""
    target = folder / package.partition("=")[0]
    if not target.exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        done = subprocess.run([*command, "--target", str(target), package, *besides])
        if done.returncode:
            pytest.skip(f"{package} cannot be installed here")
    monkeypatch.setenv("PYTHONPATH", str(target), prepend=":")


def driven(model: str, adapter: str, sizes: dict[str, int], crash: int, looks: int) -> Driven:
    faults = {"crash": crash} if "election" in model else None
    return quorate.conform(
        model,
        f"{HERE / adapter}",
        sizes=sizes,
        faults=faults,
        seconds=looks,
        step_timeout=LIMIT,
    ).conformance


def names(found: Driven) -> set[str]:
    return {d.name for d in found.differences if not d.flaky}


def test_raftos_forgets_its_vote(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it restarts; and when its own election times out, in the same term."""
    use("raftos==0.2.6", installed, monkeypatch, ["msgpack"])
    model, adapter = f"{HERE / 'election_model.py'}:Election", "raftos_adapter.py:RaftosAdapter"
    assert "restart.changes.voted_for" in names(
        driven(model, adapter, {**ELECTION, "Term": 1}, 1, 300)
    )
    found = driven(model, adapter, {**ELECTION, "Term": 2}, 0, 600)
    assert {"timeout.sends.sent", "grant.sends.sent"} <= names(found)


def test_raftnode_counts_votes_of_another_term(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A candidate that votes for another goes on, and two servers lead in one term."""
    use("raftnode==0.1.2", installed, monkeypatch)
    model, adapter = f"{HERE / 'election_model.py'}:Election", "raftnode_adapter.py:RaftnodeAdapter"
    found = driven(model, adapter, {**ELECTION, "Term": 2}, 0, 1500)
    assert {"grant.changes.role", "receive_vote.allows.role"} <= names(found)
    assert "election_safety" in {c.violated for d in found.differences for c in d.consequences}


def test_composable_paxos_promises_again_where_it_has_voted(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same ballot, with the vote in it: harmless, and the only difference."""
    use("composable-paxos==1.0.0", installed, monkeypatch)
    adapter = "composable_paxos_adapter.py:ComposableAdapter"
    found = driven("Paxos", adapter, {"Acceptor": 3, "Ballot": 2, "Value": 2}, 0, 3000)
    assert names(found) == {"phase1b.allows.sent"}
