"""Whole campaigns: healthy clusters have no finding, defects are caught, nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate.checker.cli.main import run
from quorate.checker.conform.cluster import run as run_of_cluster
from quorate.checker.conform.cluster.campaign import Campaign, ClusterVerdict
from quorate.checker.conform.cluster.faults import Rates
from quorate.checker.errors import InputError
from quorate.impl.paxos.defects import DEFECTS
from tests.checker.cli.shared import VALIDATOR
from tests.support.processes import is_gone, wait_until_gone

ONE = ["conform", "--cluster", "--runs", "1", "--seconds", "600"]
NODES = 3  # by default
DOUBLING = {
    "nodes": 5,
    "rates": {"loss": 0.5, "duplicate": 0.8, "delay": 0.1, "reorder": 0.1},
}
SELFISH = f"{Path(__file__).parent / 'selfish_system.py'}:Selfish"


def test_a_healthy_cluster_has_no_finding(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    result = quorate.conform_cluster(runs=2, seconds=600, seed=5, rates={"kill": 5}, keep=folder)
    done = result.campaign
    assert result.violation is None, result
    assert done.runs == done.decided == done.validated == done.finished == 2
    assert done.answers >= 2 * 6 and done.lines > 100 and done.steps >= 12
    assert done.traffic.messages and done.traffic.lost
    for seed in (5, 6):
        logs = [folder / f"run-{seed}" / f"n{k}" / "journal.jsonl" for k in range(3)]
        assert quorate.validate(logs, "Paxos", mapping="cluster", crashed=logs).holds
    assert (result.holds, done.reasons == []) in ((True, True), (False, False))


def test_a_defect_is_caught_and_shown_on_one_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kept"
    defect = ["--impl", "promise-not-recorded", "--keep", str(folder)]
    assert run([*ONE, *defect, "--seed", "7"]) == 5
    out = capsys.readouterr().out
    for line in (
        "✗ does not conform: promise-not-recorded, run 1, after",
        f"files: {folder / 'run-7'}",
        "again: quorate conform --cluster --seed 7 --impl promise-not-recorded",
    ):
        assert line in out, out
    unexplained = "✗ log: no run of the model explains" in out
    assert unexplained or "✗ durability" in out, out  # whichever the run came to
    assert unexplained == ("/journal.jsonl:\n" in out), out  # the end of that log is shown
    assert len(out.splitlines()) < 60


def test_json_is_as_the_schema_says(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    given = ["--impl", "promise-not-recorded", "--json", "--keep", str(tmp_path / "kept")]
    assert run([*ONE, *given]) == 5
    told = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(told)
    assert told["cluster"]["found"]["seed"] == 0
    assert told["cluster"]["verdict"] == "does not conform"


#: No node of these gets hold of a ballot of another.
BEYOND = {"ballot-of-another"}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", sorted(DEFECTS.keys() - BEYOND))
def test_every_defect_is_caught(name: str, tmp_path: Path) -> None:
    how: Any = DOUBLING if name.startswith("duplicate-") else {}
    result = quorate.conform_cluster(
        variant=name, seconds=1800, seed=1, keep=tmp_path / "kept", **how
    )
    assert result.violation is not None


def test_a_system_of_ones_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run([*ONE, "--adapter", SELFISH, "--keep", str(tmp_path / "kept")]) == 5
    out = capsys.readouterr().out
    assert "agreement" in out and "was told 'n0'" in out
    assert "no logs were held against a model" in out


def test_nothing_tested_is_no_pass() -> None:
    nothing = Campaign(0, Rates(), ("mid-write",))
    assert nothing.verdict is ClusterVerdict.INCONCLUSIVE
    assert nothing.reasons == [
        "nothing was decided",
        "some faults did not happen: "
        "loss, duplicate, delay, reorder, cut, partition, kill, pause, mid-write",
        "no log was held against a model",
    ]
    calm = Campaign(0, Rates(*[0] * 11), (), decided=1, validated=1)
    assert calm.reasons == ["no fault was asked for"]
    calm.unjudged.append((3, "it is too long"))
    assert calm.reasons[1:] == ["1 run could not be judged to the end; with seed 3: it is too long"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--rates", "loss"], "`loss` is not FAULT=RATE, as in loss=0.05"),
        (["--rates", "los=0.1"], "no fault `los`; did you mean loss?"),
        (["--rates", "cut=2"], "cut: found 2, expected a number from 0 to 1"),
        (["--rates", "cut=0,cut=1"], "cut is given twice"),
        (["--nodes", "2"], "nodes: found 2, expected 3 to 7"),
        (["--impl", "promise-not-recordd"], "did you mean promise-not-recorded?"),
        (["--hidden", "2"], "--hidden does not go with --cluster"),
        (["--adapter", SELFISH, "--nodes", "3"], "--nodes is for the bundled cluster"),
        (["--adapter", SELFISH, "--leases"], "--leases is for the bundled cluster"),
        (["--leases"], "leases are for the bundled Raft"),
        (["--drift", "9"], "--drift is of leases: give --leases"),
        (["--margin", "9"], "--margin is of leases: give --leases"),
        (["--adapter", SELFISH, "--margin", "9"], "--margin is for the bundled cluster"),
        (["--adapter", f"{SELFISH}h"], "no class Selfishh; did you mean Selfish?"),
        (["--keep", "/dev/null/x"], "/dev/null/x: cannot be used"),
        (["--keep", "/"], "/: is not empty, expected a folder for the runs"),
    ],
)
def test_bad_input(given: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ONE, *given]) == 2
    assert said in capsys.readouterr().err


def test_options_of_clusters_need_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conform", "Paxos", "--nodes", "3"]) == 2
    assert run(["conform"]) == 2
    assert run(["conform", "Paxos", "--cluster", "--runs", "1", "--seconds", "0"]) == 2
    err = capsys.readouterr().err
    assert "--nodes is for --cluster" in err and "Missing argument 'PROTOCOL'" in err


def test_a_command_that_does_not_start_or_ends_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"n0 cannot be started: /no/such: No such file"):
        quorate.conform_cluster(system=f"{SELFISH} /no/such", runs=1)
    result = quorate.conform_cluster(system=f"{SELFISH} /bin/false", runs=1, keep=tmp_path / "kept")
    assert result.violation is not None
    assert "ended by itself, exit code 1: it said nothing" in result.violation


def test_a_node_that_never_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_of_cluster, "PATIENCE_S", 0.1)
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\necho at your service\nexec sleep 60\n")
    silent.chmod(0o700)
    with pytest.raises(InputError, match=r"n0 does not listen on port \d+ after 0.1 s: "):
        quorate.conform_cluster(system=f"{SELFISH} {silent}", runs=1)


# ------------------------------------------------------------ nothing is left


@pytest.mark.parametrize(
    "how", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.exhaustive)]
)
def test_nothing_is_left(how: signal.Signals, tmp_path: Path) -> None:
    code = "from quorate.checker.cli.main import main; main()"
    command = [sys.executable, "-c", code, *ONE[:2], "--seconds", "600"]
    with subprocess.Popen(
        command, env={**os.environ, "TMPDIR": str(tmp_path)}, stderr=-3, stdout=-3
    ) as parent:
        while len(list(tmp_path.glob("quorate-cluster-*/run-*/n*/journal.jsonl"))) < NODES:
            time.sleep(0.02)
        family = descendants(parent.pid)
        parent.send_signal(how)
        parent.wait()
    assert len(family) >= NODES
    if how is signal.SIGINT:
        assert parent.returncode == 130
        assert list(tmp_path.iterdir()) == []
        assert all(map(is_gone, family))
    wait_until_gone(family)  # they find out that we are


def descendants(pid: int) -> set[int]:
    """The processes that a process has started, and those that they have."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(stat[1])
    found = {pid}
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}
