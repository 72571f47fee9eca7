"""`quorate show`: any trace that can be read can be looked at, without its model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from quorate.checker.cli.main import run
from quorate.checker.results import Move
from quorate.checker.tracing.build import make_trace
from quorate.checker.tracing.calls import call_of
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter
from quorate.model.paxos import Paxos
from quorate.traces import BothSides, Departure, FrozenMap, Trace, Violation, write_itf

CASES = Path(__file__).parents[2] / "cases" / "itf"
QUINT = CASES / "ballot_box.itf.json"


def test_a_trace_of_quint(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(QUINT), "--width", "90"]) == 0
    out = capsys.readouterr().out
    assert "BallotBox.qnt\ninitially vote: None\n" in out
    assert " 1  vote: None → Some(value=7)" in out
    assert "●" not in out  # No process is known, and a diagram would have one column.
    assert run(["show", str(QUINT), "--as", "diagram"]) == 0
    assert "1  (unnamed step)  ●" in capsys.readouterr().out
    assert run(["show", str(QUINT), "--as", "python"]) == 2
    said = "ballot_box.itf.json: is a run of BallotBox.qnt; a program takes the steps of a class"
    assert said in capsys.readouterr().err


def test_what_an_implementation_did_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `quorate conform --trace` writes it."""
    sides = (BothSides("value", "1", "1", "2"), BothSides("other", "", "x", None))
    departure = Departure("it takes a step that the model disables", "put(v=2)", False, sides)
    trace = Trace("p.py:P", (), FrozenMap({"value": 1}), (), departure=departure)
    file = tmp_path / "run.itf.json"
    write_itf(trace, file)
    assert run(["show", str(file)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-5:] == [
        "✗ the implementation differs: it takes a step that the model disables",
        "  put(v=2), after it, where the model disables it",
        "           before  the model  the code",
        "    value  1       1          2  <",
        "    other          x          not shown",
    ]
    assert run(["show", str(file), "--as", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["run"]["departure"]
    assert found["tried"] == "put(v=2)" and found["values"][1]["code"] is None


def test_as_ascii_and_as_mermaid(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(QUINT), "--ascii"]) == 0
    out = capsys.readouterr().out
    assert out.isascii() and "None -> Some(value=7)" in out
    assert run(["show", str(QUINT), "--as", "mermaid"]) == 0
    assert capsys.readouterr().out.startswith("sequenceDiagram\n")


def test_what_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(CASES / "key_twice.itf.json")
    assert run(["show", file]) == 2
    error = capsys.readouterr().err
    assert (
        error == f"error: {file}: states[0].m.#map[1]: found the key a twice, expected each once\n"
    )
    assert run(["show", "nowhere.itf.json"]) == 2
    assert "nowhere.itf.json: found no such file or folder" in capsys.readouterr().err


def test_every_form(trace_of_paxos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def shown(*options: str) -> str:
        assert run(["show", str(trace_of_paxos), *options]) == 0
        return capsys.readouterr().out

    assert shown("--as", "html").startswith("<!DOCTYPE html>")
    assert json.loads(shown("--as", "json"))["run"]["steps"][1]["title"] == "phase1b(a0, b1)"
    log = shown("--as", "shiviz").splitlines()
    assert log[:2] == [r"(?<host>\S+) (?<clock>\{.*\})\n(?<event>.*)", ""]
    assert log[2:5:2] == ['environment {"environment": 1}', 'a0 {"environment": 1, "a0": 1}']
    both = shown()
    assert both.count("violated") == 1  # by the table, and not by the diagram again
    narrow = shown("--as", "diagram", "--width", "40")
    assert "in full:" in narrow and "1 to 2: Prepare(b1)" in narrow and "violated" in narrow
    assert "in full:" not in shown("--as", "diagram", "--wide")
    assert run(["show", str(trace_of_paxos), "--wide", "--width", "80"]) == 2
    assert run(["show", str(trace_of_paxos), "--breakpoint", "1"]) == 2


def test_a_program_that_takes_the_steps(
    trace_of_paxos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["show", str(trace_of_paxos), "--as", "python", "--breakpoint", "2"]) == 0
    program = capsys.readouterr().out
    assert "# 2\nbreakpoint()\nrun.takes(" in program
    names: dict[str, Any] = {"breakpoint": lambda: None}
    assert program.endswith('run.violates("agreement")\n')
    program = program.removesuffix('run.violates("agreement")\n')
    exec(program, names)
    assert names["run"].state["max_bal"] == "{a0: b1, a1: never}"
    for right, wrong, said in [
        ("a0: b1", "a0: b2", "changes"),
        ("phase1b(a=a0", "phase1b(a=a1", "changes"),
        ('run.takes("phase1a(b=b1)"', 'run.takes("phase1b(a=a0, b=b1)"', "is disabled"),
        ("a1: never}", "a1: b1}", "no initial state"),
    ]:
        assert right in program
        with pytest.raises(AssertionError, match=said):
            exec(program.replace(right, wrong), {"breakpoint": lambda: None})


def test_a_program_needs_a_protocol(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    trace = Trace("", (), FrozenMap({"x": 1}), ())
    write_itf(trace, tmp_path / "x.itf.json")
    assert run(["show", str(tmp_path / "x.itf.json"), "--as", "python"]) == 2
    assert "does not say of which protocol" in capsys.readouterr().err


@pytest.fixture
def trace_of_paxos(tmp_path: Path) -> Path:
    """A run of Paxos of two steps, said to violate what it does not, in a file."""
    sizes = Paxos.sized(Acceptor=2, Ballot=2, Value=1)
    with sizes:
        interpreter, path = Interpreter(Paxos, sizes), list[Move]()
        (state,) = initial = interpreter.initial()
        for call in ("phase1a(b1)", "phase1b(a0, b1)"):
            action, arguments = call_of(call, describe(Paxos))
            assert arguments is not None
            after = interpreter.step(state, action, arguments)
            assert after is not None
            path.append(Move(action, arguments, after))
            state = after
    trace = make_trace(Paxos, "Paxos", sizes, initial[0], path)
    broken = replace(trace, violation=Violation("agreement", "so it is said"))
    write_itf(broken, tmp_path / "run.itf.json")
    return tmp_path / "run.itf.json"
