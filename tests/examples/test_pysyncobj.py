"""The package `pysyncobj`: what its versions do otherwise is found from healthy models of Raft."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import quorate
from quorate.checker.conform.driving.conformance import Driven
from quorate.checker.conform.driving.repeating import FoundDifference

from ..support.clocks import count_looks

pytest.importorskip("pysyncobj", reason="the package pysyncobj is not installed")

HERE = Path(__file__).parent
SMALL = {"Server": 2, "Term": 1, "Value": 1}
LIMIT = 60.0
"""For one call: a process that has to wait for others is not hung."""


def model(name: str) -> str:
    return f"{HERE / 'pysyncobj_model.py'}:{name}"


def adapter(name: str) -> str:
    return f"{HERE / 'pysyncobj_adapter.py'}:{name}"


@pytest.fixture(autouse=True)
def looks_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    count_looks(monkeypatch)


def differences(
    name: str, crash: int, index: int, looks: int = 1000
) -> Mapping[str, FoundDifference]:
    """What is found in so many steps and probes."""
    result = quorate.conform(
        model("SyncObjRaft"),
        adapter(name),
        sizes={**SMALL, "Index": index},
        faults={"crash": crash},
        seconds=looks,
        step_timeout=LIMIT,
    )
    return {d.name: d for d in result.conformance.differences if not d.flaky}


@pytest.mark.exhaustive
def test_a_suffix_that_matches_is_truncated_and_an_acknowledged_write_lost() -> None:
    (found,) = differences("SyncObjAdapter", 0, 2).values()
    assert found.name == "receive_append.changes.log"
    assert found.tried is not None and found.tried.action == "receive_append"
    assert [step.call.action for step in found.run] == [
        "timeout",
        "grant",
        "receive_vote",
        "request",
        "append",
        "receive_append",
    ]
    (lost,) = found.consequences
    assert lost.violated == "acknowledged_writes_are_kept"
    assert [call.action for call in lost.run[6:]] == [
        "receive_append",
        "receive_ack",
        "advance_commit",
    ]


def over_tcp(model: str, adapter: str, depth: int) -> Driven:
    return quorate.conform(
        f"{HERE / 'pysyncobj_tcp.py'}:{model}",
        f"{HERE / 'pysyncobj_tcp_adapter.py'}:{adapter}",
        sizes={"Index": depth + 2, "Depth": depth},
        seconds=1000,
        step_timeout=LIMIT,
    ).conformance


def test_over_one_connection_nothing_is_truncated_by_whole_messages() -> None:
    """Each message reaches the end of the log, so that of an earlier one is no longer."""
    driven = over_tcp("Replication", "TcpAdapter", 1)
    assert driven.verdict.value == "conforms"
    assert driven.driven == driven.transitions == 72


@pytest.mark.exhaustive
def test_what_was_acknowledged_is_truncated_over_tcp() -> None:
    """An old acknowledgement has the leader send again, in batches: the first one truncates."""
    (found,) = over_tcp("Batches", "BatchesAdapter", 3).differences
    assert found.name == "receive_append.changes.held"
    held = found.values[0]
    assert (held.place, held.model, held.code) == ("held[f0]", "5", "4")


def test_an_acknowledged_entry_is_not_held_over_tcp() -> None:
    """The shortest run of the model with that rule: the package does it to the end."""
    model = f"{HERE / 'pysyncobj_tcp.py'}:Truncating"
    checked = quorate.check(model, sizes={"Index": 5, "Depth": 3})
    assert checked.trace is not None and len(checked.trace.steps) == 14
    named = f"{HERE / 'pysyncobj_tcp_adapter.py'}:BatchesAdapter"
    replayed = quorate.replay(checked.trace, named, step_timeout=LIMIT).replay
    assert replayed.verdict.value == "reproduced"
    assert replayed.violated == "what_is_acknowledged_is_held"


@pytest.mark.exhaustive
@pytest.mark.parametrize("looks", [300, 10_000])
def test_term_and_vote_survive_a_restart_but_not_a_power_failure(looks: int) -> None:
    """Its journal is written, and never synced."""
    assert differences("JournalAdapter", 1, 1, looks) == {}
    assert list(differences("PowerLossAdapter", 1, 1, looks)) == ["restart.changes.term"]


# ------------------------------------------------------------ earlier versions


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packages")


def use(version: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a version into a folder, for the adapter's process."""
    target = folder / version
    if not target.exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        done = subprocess.run([*command, "--target", str(target), f"pysyncobj=={version}"])
        if done.returncode:
            pytest.skip(f"pysyncobj {version} cannot be installed here")
    monkeypatch.setenv("PYSYNCOBJ", str(target))


@pytest.mark.exhaustive
def test_earlier_versions_forget_term_and_vote(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use("0.3.15", installed, monkeypatch)
    assert list(differences("JournalAdapter", 1, 1)) == ["restart.changes.term"]


@pytest.mark.exhaustive
def test_in_an_earlier_version_the_commit_index_decreases(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use("0.3.11", installed, monkeypatch)
    found = differences("AcknowledgingLessAdapter", 0, 2)["receive_append.changes.commit"]
    (commit,) = (v for v in found.values if v.place == "commit[s1]")
    assert (commit.before, commit.model, commit.code) == ("1", "1", "0")
