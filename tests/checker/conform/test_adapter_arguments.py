"""Names of adapters with what follows them: arguments of a class, or a command's."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate.checker.cli.main import run
from quorate.checker.conform.adapter import AdapterError
from quorate.checker.conform.adapters.loading import load_adapter

CASES = Path(__file__).parents[2] / "cases"
TOLD = f"{CASES / 'adapters' / 'arguments.py'}:Told"
SIZES = {"Acceptor": 1, "Ballot": 1, "Value": 1}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("one", ("one", "two")),
        ("'a b' second=1=2", ("a b", "1=2")),
        ("second= first=x", ("x", "")),
        ("-=y", ("-=y", "two")),
    ],
)
def test_arguments_follow_the_name(arguments: str, told: tuple[str, str]) -> None:
    made: Any = load_adapter(f"{TOLD} {arguments}")
    assert made.told == told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", r"missing 1 required positional argument: 'first'.*\(an adapter is made without arg"),
        ("a third=3", r"unexpected keyword argument 'third'.*\(an adapter is made with those that"),
        ("'a", "No closing quotation"),
    ],
)
def test_arguments_that_do_not_fit(arguments: str, message: str) -> None:
    with pytest.raises(AdapterError, match=message):
        load_adapter(f"{TOLD} {arguments}")


def test_they_reach_the_process_of_the_adapter() -> None:
    result = quorate.conform("Paxos", f"{TOLD} 'a b' second=1=2", sizes=SIZES, step_timeout=60)
    assert {d.unlike.code for d in result.conformance.differences} == {"told ('a b', '1=2')"}
    with pytest.raises(AdapterError, match="unexpected keyword argument 'third'"):
        quorate.conform("Paxos", f"{TOLD} a third=3", sizes=SIZES)


def test_the_verbs_run_commands(capfd: pytest.CaptureFixture[str]) -> None:
    child = shlex.join([sys.executable, "-S", str(CASES / "lines" / "child.py")])
    words = ["conform", "Paxos", "-s", "Acceptor=2,Ballot=1,Value=1", "--step-timeout", "60"]
    assert run([*words, "--adapter", f"exec:{child} nothing"]) == 5
    assert "phase1a.sends.sent" in capfd.readouterr().out
    assert run([*words, "--adapter", f"exec:{child} dies"]) == 2
    said = capfd.readouterr().err
    assert said.startswith("error: at the start: asked to start, exec:")
    assert "ended (exit code 3)" in said
