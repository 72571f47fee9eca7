"""An implementation in Java, compiled: held against `Paxos` through JSON lines, healthy and not."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from quorate.checker.cli.main import run
from quorate.checker.conform.adapters.by_name import adapter_named
from quorate.checker.conform.driving.conformance import Driven, DriveOptions, Verdict, conform
from quorate.model.paxos import Paxos
from quorate.traces import write_itf

from ..support.runs import run_of

# What they show of JSON lines, `test_node.py` shows every day: to compile takes seconds.
pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(
        shutil.which("javac") is None or shutil.which("java") is None, reason="no JDK is installed"
    ),
]

SOURCES = sorted((Path(__file__).parent / "java").glob("*.java"))
DEFECT = "no-promise-by-vote"
VOTED_WITHOUT_PROMISE = [
    ("phase1a", {"b": "b1"}),
    ("phase1b", {"a": "a0", "b": "b1"}),
    ("phase1b", {"a": "a1", "b": "b1"}),
    ("phase2a", {"b": "b1", "v": "v0", "q": frozenset({"a0", "a1"})}),
    ("phase2b", {"a": "a2", "b": "b1", "v": "v0"}),
]


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("java")
    subprocess.run(["javac", "-d", str(out), *map(str, SOURCES)], check=True, timeout=300)
    return f"exec:java -Xshare:auto -XX:TieredStopAtLevel=1 -cp {out} Adapter"


def conformed(adapter: str, **sizes: int) -> Driven:
    with adapter_named(adapter, Paxos, 60) as subject:
        options = DriveOptions(seconds=300)
        return conform(Paxos, "quorate.model.paxos:Paxos", Paxos.sized(**sizes), subject, options)


def test_the_healthy_one_does_all_that_the_model_does_and_nothing_else(adapter: str) -> None:
    found = conformed(adapter, Acceptor=1, Ballot=2, Value=1)
    assert found.verdict is Verdict.CONFORMS
    assert found.driven == found.transitions > 20


def test_the_seeded_defect_is_found(adapter: str) -> None:
    found = conformed(f"{adapter} {DEFECT}", Acceptor=3, Ballot=1, Value=1)
    assert found.verdict is Verdict.DIFFERS
    assert [d.name for d in found.differences] == ["phase2b.changes.max_bal"]


@pytest.mark.parametrize(
    ("defect", "code", "verdict"), [("", 0, "conforms"), (DEFECT, 5, "diverges")]
)
def test_a_trace_is_replayed_on_it(
    adapter: str,
    defect: str,
    code: int,
    verdict: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    trace = tmp_path / "run.itf.json"
    write_itf(run_of(Paxos, {"Acceptor": 3, "Ballot": 2, "Value": 2}, VOTED_WITHOUT_PROMISE), trace)
    name = f"{adapter} {defect}".strip()
    assert run(["replay", str(trace), "--adapter", name, "--step-timeout", "60", "--json"]) == code
    assert json.loads(capfd.readouterr().out)["verdict"] == verdict
