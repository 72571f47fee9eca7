"""Whatever goes wrong while a finding is explained, the finding stays, and the rest is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import event, given

import quorate.traces
from quorate.checker.cli.main import run
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.loading import load_protocol, name_of
from quorate.checker.results import Move
from quorate.checker.tracing import build as traces
from quorate.checker.tracing import saving
from quorate.checker.tracing.build import counterexample, make_trace, processes_of
from quorate.model.language import (
    ModelError,
    Nat,
    Protocol,
    Seq,
    SizeError,
    action,
    durable,
    invariant,
    require,
)
from quorate.model.language.description import describe
from quorate.traces import dumps_itf, loads_itf, read_itf, render_spacetime, render_table

from ...support.examples import share
from ...support.strategies import Source, loaded, sized, sources

CASES = Path(__file__).parents[2] / "cases/models"
KEYED = [str(CASES / "keyed_twice_in_a_cause.py"), "-s", "Num=2"]
WAYS = [(), ("--reference",), ("--search", "best-first"), ("--search", "random"), ("--bmc", "3")]


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_counterfactual_step_that_makes_no_sense_cannot_happen(
    way: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "k.itf.json"
    assert run(["check", *KEYED, *way, "--trace", str(file)]) == 1
    assert "no_big_after_small is violated" in capsys.readouterr().out
    trace = read_itf(file)
    assert [s.title() for s in trace.steps] == ["step(big=False)", "step(big=True)"]
    assert trace.steps[1].because == (1,) and not trace.notes


def broken(*_: object, **__: object) -> object:
    raise RecursionError("too deep\nto tell")


PARTS = [
    (traces._Maker, "_causes", "what enabled step 2 left out: RecursionError: too deep to tell"),
    (traces._Maker, "_why", "why it is violated left out: RecursionError: too deep to tell"),
    (quorate.traces, "render_table", "the table left out: RecursionError: too deep to tell"),
    (
        quorate.traces,
        "render_spacetime",
        "the space-time diagram left out: RecursionError: too deep",
    ),
    (saving, "save_trace", "the trace's file left out: RecursionError: too deep to tell"),
    (traces, "counterexample", "the trace left out: RecursionError: too deep to tell"),
]


@pytest.mark.parametrize(("owner", "name", "note"), PARTS, ids=[name for _, name, _ in PARTS])
def test_a_part_that_fails_is_left_out(
    owner: object,
    name: str,
    note: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(owner, name, broken)
    file = tmp_path / "k.itf.json"
    assert run(["check", *KEYED, "--trace", str(file)]) == 1
    out = capsys.readouterr().out
    assert "no_big_after_small is violated" in out and note in out
    assert "step(" in out, "the steps are shown all the same"
    assert file.exists() == (name not in ("save_trace", "counterexample"))


def test_a_graph_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from quorate.checker.explore.graph import StateGraph

    monkeypatch.setattr(StateGraph, "write", broken)
    assert run(["check", *KEYED, "--graph", str(tmp_path / "g.dot")]) == 1
    out = capsys.readouterr().out
    assert "the graph left out: RecursionError" in out and "graph written" not in out


@pytest.mark.parametrize(
    ("model", "sorts"),
    [
        (str(CASES / "chain.py"), ["Node"]),
        (str(CASES / "chain_bug.py") + ":EarlyReply", ["Node"]),
        ("Paxos", ["Acceptor"]),
        ("PaxosRoles", ["Proposer", "Acceptor", "Learner"]),
        ("Raft", ["Server"]),
        ("ProvedRaft", ["Server"]),
    ],
)
def test_processes_act_and_ballots_do_not(model: str, sorts: list[str]) -> None:
    found = processes_of(describe(load_protocol(model)))
    assert [s.__name__ for s in found] == sorts


def test_ordered_nodes_have_columns(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = "Node=2,Cmd=1,Index=1"
    model = f"{CASES / 'chain_bug.py'}:EarlyReply"
    assert run(["check", model, "-s", sizes, "-i", "replies_survive"]) in (0, 1)
    capsys.readouterr()
    sizes = "Node=3,Cmd=2,Index=2"
    assert run(["check", model, "-s", sizes, "-i", "replies_survive", "--ascii"]) == 1
    out = capsys.readouterr().out
    header = next(line for line in out.splitlines() if line.lstrip().startswith("#  action  "))
    assert header.split()[-3:] == ["n1", "n2", "n3"]


@share(3)
@given(source=sources())
def test_every_finding_is_explained(source: Source) -> None:
    """Nothing is left out, every cause is one for CPython, and files and pictures come out."""
    with loaded(source) as protocol:
        try:
            describe(protocol)
            sizes = sized(protocol, source)
            found = explore_reference(protocol, sizes, limit=300)
        except (ModelError, SizeError):
            event("rejected")
            return
        event(found.outcome.value)
        trace = counterexample(protocol, "generated:Generated", sizes, found)
        if trace is None:
            return
        assert trace.notes == ()
        assert loads_itf(dumps_itf(trace)) == trace
        assert render_table(trace, 90) and render_spacetime(trace, 90, ascii=True).isascii()


class Number(Nat):
    """A number."""


class Shortened(Protocol):
    """A number that outgrows the sequence that it points into."""

    items: Seq[Number, Number] = durable(())
    last: Number = durable(0)

    @action
    def point(self) -> None:
        require(self.last == 0)
        self.last = 1

    @invariant
    def points_inside(self) -> bool:
        return self.last == 0 or self.items[self.last - 1] >= 0


def test_after_a_step_a_property_may_be_undefined() -> None:
    """As after steps from states that no run need reach, which proofs show."""
    sizes = Shortened.sized(Number=1)
    path = [Move("point", (), ((), 1))]
    trace = make_trace(Shortened, name_of(Shortened), sizes, ((), 0), path, "points_inside")
    assert trace.violation is not None and not trace.notes
    place, _, what = (trace.violation.witness or "").partition(": points_inside(): ")
    assert place.startswith("undefined: ") and f"{Path(__file__).name}:" in place
    assert what == "there is no entry 0: the sequence is empty"
