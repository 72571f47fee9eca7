"""An implementation in JavaScript: held against `Paxos` through JSON lines, healthy and not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from quorate.checker.cli.main import run
from quorate.checker.conform.adapters.by_name import adapter_named
from quorate.checker.conform.driving.conformance import Driven, DriveOptions, Verdict, conform
from quorate.model.paxos import Paxos
from quorate.traces import write_itf

from ..support.clocks import count_looks
from ..support.runs import run_of

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")

ADAPTER = f"exec:node {Path(__file__).parent / 'node' / 'adapter.js'}"
DEFECT = "no-promise-by-vote"


def conformed(adapter: str, acceptors: int, seconds: float) -> Driven:
    sizes = Paxos.sized(Acceptor=acceptors, Ballot=2, Value=2)
    with adapter_named(adapter, Paxos, 60) as subject:
        options = DriveOptions(seconds=seconds)
        return conform(Paxos, "quorate.model.paxos:Paxos", sizes, subject, options)


def test_the_healthy_one_does_all_that_the_model_does_and_nothing_else() -> None:
    found = conformed(ADAPTER, 2, 300)
    assert found.verdict is Verdict.CONFORMS
    assert (found.states, found.transitions, found.driven) == (145, 608, 608)
    assert found.probes > 1000


def test_the_seeded_defect_is_found_and_its_run_is_shortest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some votes raise no promise; the time runs out on the whole graph, but not on this."""
    count_looks(monkeypatch)
    found = conformed(f"{ADAPTER} {DEFECT}", 3, 300)
    assert found.verdict is Verdict.DIFFERS
    (difference,) = found.differences
    assert difference.name == "phase2b.changes.max_bal"
    assert [step.call.action for step in difference.run] == [
        "phase1a",
        "phase1b",
        "phase1b",
        "phase2a",
    ]
    assert not difference.flaky and not difference.needs_probes


VOTED_WITHOUT_PROMISE = [
    ("phase1a", {"b": "b1"}),
    ("phase1b", {"a": "a0", "b": "b1"}),
    ("phase1b", {"a": "a1", "b": "b1"}),
    ("phase2a", {"b": "b1", "v": "v0", "q": frozenset({"a0", "a1"})}),
    ("phase2b", {"a": "a2", "b": "b1", "v": "v0"}),
]


@pytest.mark.parametrize(
    ("adapter", "code", "verdict"),
    [(ADAPTER, 0, "conforms"), (f"{ADAPTER} {DEFECT}", 5, "diverges")],
)
def test_a_trace_is_replayed_on_it(
    adapter: str, code: int, verdict: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "run.itf.json"
    write_itf(run_of(Paxos, {"Acceptor": 3, "Ballot": 2, "Value": 2}, VOTED_WITHOUT_PROMISE), trace)
    assert (
        run(["replay", str(trace), "--adapter", adapter, "--step-timeout", "60", "--json"]) == code
    )
    assert json.loads(capfd.readouterr().out)["verdict"] == verdict
