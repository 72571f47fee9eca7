"""The package `pysyncobj`: what its versions do otherwise is found from healthy models of Raft."""

from __future__ import annotations

import pickle
import subprocess
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

import quorate
from quorate import kit
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


def test_its_own_transport_runs_over_connections_of_the_kit() -> None:
    """Servers as they are, with their sockets: they connect, greet, and vote."""
    from pysyncobj import (
        SyncObj,
        SyncObjConf,
        dns_resolver,
        monotonic,
        poller,
        syncobj,
        tcp_connection,
        tcp_server,
        transport,
    )

    modules = (dns_resolver, monotonic, poller, syncobj, tcp_connection, tcp_server, transport)
    before = [dict(vars(module)) for module in modules]
    kit.stand_in(*modules)
    at = {"s0": "127.0.0.1:7000", "s1": "127.0.0.1:7001"}

    def show(data: bytes, source: str, target: str) -> kit.Record | None:
        match pickle.loads(zlib.decompress(data[4:])):
            case {"type": "request_vote" | "response_vote" as kind, "term": term}:
                return kit.record(kind, t=term, to=target)
        return None

    def new(name: str) -> SyncObj:
        conf = SyncObjConf(autoTick=False, leaderFallbackTimeout=1e9, connectionRetryTime=0)
        conf.raftMinTimeout, conf.raftMaxTimeout, conf.pollerType = 1, 1.5, "select"
        return SyncObj(at[name], [at[u] for u in at if u != name], conf)

    def tick() -> frozenset[kit.Record]:
        for name in at:
            nodes.call(name, SyncObj.doTick)
        return net.taken()

    net = kit.Net(show, kit.length_prefixed(4, "little"))
    start = net.hosts(lambda: kit.Host(kit.Clock(100.0)))
    nodes = kit.Processes(at, new, SyncObj.destroy, host=start)
    try:
        for _ in range(3):
            assert tick() == frozenset()
        nodes.hosts["s0"].advance(2)
        asks, vote = (
            kit.record("request_vote", t=1, to="s1"),
            kit.record("response_vote", t=1, to="s0"),
        )
        assert tick() == {asks}
        net.deliver(asks)
        assert tick() == {vote}
        net.deliver(vote)
        tick()
        assert nodes["s0"]._SyncObj__raftState == 2
    finally:
        nodes.close()
        for module, names in zip(modules, before, strict=True):
            vars(module).update(names)


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
