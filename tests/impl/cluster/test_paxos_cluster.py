"""Clusters of real processes: decide, survive `kill -9`, remember, fail in time, leave nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import closing, suppress

import pytest

from quorate.impl.cluster.children import free_addresses
from quorate.impl.cluster.node_config import NodeConfig, read_config
from quorate.impl.cluster.paxos_cluster import run_cluster
from quorate.impl.errors import ClusterError, ConfigError, StorageError
from quorate.impl.paxos import AcceptorRecord, Ballot, LearnerRecord, Vote
from quorate.impl.paxos.storage import SqliteStore

TIMEOUT_S = 600.0  # a busy machine may take long; an idle one takes two seconds


@pytest.fixture
def events():
    """Collects a run's events; afterwards none of its processes may be left."""
    seen = []
    yield seen
    pids = {event.pid for event in seen if event.pid is not None}
    assert pids
    assert [pid for pid in pids if is_running(pid)] == []


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kinds(events, node):
    return [event.kind for event in events if event.node == node]


def test_a_killed_node_learns_the_value_after_its_restart(events):
    result = run_cluster(3, "blue", timeout=TIMEOUT_S, kill=1, report=events.append)
    assert result.decided == result.proposed == "blue"
    assert result.committed == (("n0", "blue"), ("n1", "blue"), ("n2", "blue"))
    assert result.killed == ("n2",)
    assert result.agreement and not result.earlier_decision
    milestones = [kind for kind in kinds(events, "n2") if kind != "complaint"]
    assert milestones[:4] == ["started", "listening", "exited", "killed"]
    assert milestones[4:] == ["restarted", "listening", "committed", "stopped", "exited"]


def test_an_earlier_decision_stands(tmp_path, events):
    first = run_cluster(3, "blue", tmp_path / "data", TIMEOUT_S, report=events.append)
    second = run_cluster(3, "red", tmp_path / "data", TIMEOUT_S, report=events.append)
    assert not first.earlier_decision
    assert (second.proposed, second.decided, second.earlier) == ("red", "blue", "blue")
    assert second.earlier_decision and second.agreement


@pytest.mark.exhaustive  # as an earlier decision
def test_a_vote_of_a_majority_that_nobody_learned_stands_too(tmp_path, events):
    vote = Vote(Ballot(4, "n1"), "blue")
    for name in ("n1", "n2"):
        (tmp_path / name).mkdir()
        with closing(SqliteStore(tmp_path / name / "node.sqlite")) as store:
            store.save("acceptor", AcceptorRecord(vote.ballot, vote))
    result = run_cluster(3, "red", tmp_path, TIMEOUT_S, report=events.append)
    assert result.decided == "blue"
    assert result.earlier is None and result.earlier_decision


def test_one_node_is_a_cluster(events):
    assert run_cluster(1, "alone", timeout=TIMEOUT_S, report=events.append).decided == "alone"


@pytest.mark.parametrize(("nodes", "kill"), [(3, 2), (4, 2), (1, 1), (3, -1)])
def test_killing_a_majority_is_refused(nodes, kill):
    with pytest.raises(ConfigError, match="may be killed"):
        run_cluster(nodes, "x", kill=kill)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"nodes": 0}, "1 to 25 nodes"),
        ({"timeout": 0}, "above zero seconds"),
        ({"value": "x" * 100_000}, "limit of 65536"),
        ({"value": "\udc80"}, "Unicode text"),
    ],
)
def test_senseless_arguments_are_refused(arguments, why):
    with pytest.raises(ConfigError, match=why):
        run_cluster(**{"nodes": 3, "value": "x", **arguments})


def test_a_lost_majority_is_reported_at_once(events):
    def report(event):
        events.append(event)
        if event.kind == "listening" and event.node != "n0":
            os.kill(event.pid, signal.SIGKILL)

    with pytest.raises(ClusterError, match=r"n[12].* ended unexpectedly"):
        run_cluster(3, "x", timeout=TIMEOUT_S, report=report)
    assert events[-1].at_s < TIMEOUT_S


def test_a_frozen_majority_is_reported_at_the_timeout(events, monkeypatch):
    """The timeout comes a moment after two nodes are frozen, however long that took."""
    timeouts, frozen, timeout = [], [], asyncio.timeout

    def noted(delay_s):
        made = timeout(delay_s)
        timeouts.extend([made] if delay_s == TIMEOUT_S else [])
        return made

    def report(event):
        events.append(event)
        if event.kind == "listening" and event.node != "n0":
            os.kill(event.pid, signal.SIGSTOP)
            frozen.append(event.node)
            if len(frozen) == 2:
                (whole,) = timeouts
                whole.reschedule(asyncio.get_running_loop().time() + 0.5)

    monkeypatch.setattr(asyncio, "timeout", noted)
    with pytest.raises(ClusterError, match=r"After 600 s n0, n1, n2 had not committed a value"):
        run_cluster(3, "x", timeout=TIMEOUT_S, report=report)


def test_an_error_of_the_callback_ends_the_run(events):
    def report(event):
        events.append(event)
        if event.kind == "listening":
            raise BrokenPipeError("nobody reads")

    with pytest.raises(BrokenPipeError, match="nobody reads"):
        run_cluster(3, "x", timeout=TIMEOUT_S, report=report)


def test_data_of_another_membership_is_refused(tmp_path, events):
    run_cluster(1, "x", tmp_path, TIMEOUT_S, report=events.append)
    with pytest.raises(ConfigError, match="to a cluster of 1 nodes of paxos, not a cluster of 3"):
        run_cluster(3, "x", tmp_path)
    (tmp_path / "cluster.json").write_text("{")
    with pytest.raises(StorageError, match=r"cluster\.json is damaged"):
        run_cluster(3, "x", tmp_path)


def test_data_in_use_or_damaged_is_refused(tmp_path, events):
    run_cluster(1, "x", tmp_path, TIMEOUT_S, report=events.append)
    path = tmp_path / "n0" / "node.sqlite"
    with (
        closing(SqliteStore(path)) as store,
        pytest.raises(StorageError, match="locked"),
    ):
        store.load("learner")
        run_cluster(1, "x", tmp_path)
    path.write_bytes(b"garbage" * 1000)
    with pytest.raises(StorageError, match="cannot be opened"):
        run_cluster(1, "x", tmp_path)


def test_an_interrupt_leaves_no_process_behind(tmp_path):
    """Ctrl-C in the middle: the children end although nobody waits for the cluster."""
    script = (
        "from quorate.impl.cluster.paxos_cluster import run_cluster\n"
        "def report(e):\n"
        "    print(e.kind, e.pid, flush=True)\n"
        "run_cluster(3, 'x', timeout=600, report=lambda e: (report(e), halt(e)))\n"
    )
    # Freeze one node as soon as it listens, so that the run cannot end by itself.
    freeze = (
        "import os, signal\n"
        "def halt(e):\n"
        "    if e.kind == 'started' and e.node == 'n2': os.kill(e.pid, signal.SIGSTOP)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", freeze + script], stdout=subprocess.PIPE, text=True, stderr=-3
    ) as parent:
        pids = []
        for line in parent.stdout:
            kind, pid = line.split()
            if kind == "started":
                pids.append(int(pid))
            if kind == "listening":
                break
        parent.send_signal(signal.SIGINT)
        with suppress(ProcessLookupError):  # it may have ended already
            os.kill(pids[2], signal.SIGCONT)
        parent.wait(TIMEOUT_S)
    assert len(pids) == 3
    assert not any(map(is_running, pids))


# One node as a process.


def node_command(config):
    return [sys.executable, "-m", "quorate.impl.cluster.node_process", "--config", str(config)]


def written_config(tmp_path, **changes):
    fields = {
        "name": "n0",
        "members": {"n0": free_addresses(1)[0]},
        "data_dir": str(tmp_path / "n0"),
        **changes,
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(fields))
    return path


def test_a_node_logs_json_and_ends_cleanly_on_sigterm(tmp_path):
    with subprocess.Popen(node_command(written_config(tmp_path)), stdout=-1, text=True) as node:
        assert json.loads(node.stdout.readline()) == {"event": "listening", "node": "n0"}
        node.send_signal(signal.SIGTERM)
        assert json.loads(node.stdout.readline()) == {"event": "stopped", "node": "n0"}
        assert node.wait(TIMEOUT_S) == 0


def test_a_node_that_knows_the_value_logs_it(tmp_path):
    (tmp_path / "n0").mkdir()
    with closing(SqliteStore(tmp_path / "n0" / "node.sqlite")) as store:
        store.save("learner", LearnerRecord("blue"))
    with subprocess.Popen(node_command(written_config(tmp_path)), stdout=-1, text=True) as node:
        node.stdout.readline()
        committed = json.loads(node.stdout.readline())
        node.terminate()
    assert committed == {"event": "committed", "node": "n0", "value": "blue"}


def test_an_orphan_ends_when_its_parent_is_gone(tmp_path):
    command = [*node_command(written_config(tmp_path)), "--until-eof"]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as node:
        node.stdout.readline()
        node.stdin.close()
        assert node.wait(TIMEOUT_S) == 0


def test_a_stdin_that_is_no_pipe_has_ended(tmp_path):
    command = [*node_command(written_config(tmp_path)), "--until-eof"]
    node = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False
    )
    assert (node.returncode, node.stderr) == (0, b"")
    assert [json.loads(line)["event"] for line in node.stdout.splitlines()][-1] == "stopped"


@pytest.mark.parametrize(
    ("changes", "status", "why"),
    [
        ({"name": "n9"}, 2, "'n9' is not among the members"),
        ({"composition": "wild"}, 2, "no composition 'wild'"),
        ({"members": 3}, 2, "is not a node configuration"),
        ({"port": 3}, 2, "unknown field `port`"),
        ({"data_dir": "/dev/null/n0"}, 1, "cannot be created"),
    ],
)
def test_a_node_that_cannot_run_says_why_in_one_line(tmp_path, changes, status, why):
    ended = subprocess.run(
        node_command(written_config(tmp_path, **changes)),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert ended.returncode == status
    assert ended.stderr == ""
    line = json.loads(ended.stdout)
    assert line["event"] == "error" and why in line["message"]


def test_a_missing_configuration_is_one_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path / "missing.json")


def test_a_configuration_round_trips(tmp_path):
    assert read_config(written_config(tmp_path, members={"n0": ["127.0.0.1", 7]})) == NodeConfig(
        "n0", {"n0": ("127.0.0.1", 7)}, str(tmp_path / "n0")
    )
