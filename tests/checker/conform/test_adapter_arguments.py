"""Names of adapters with what follows them: arguments of a class, or a command's."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

import quorate
from quorate.checker.cli.main import run
from quorate.checker.conform.adapter import AdapterError

CASES = Path(__file__).parents[2] / "cases"
TOLD = f"{CASES / 'adapters' / 'arguments.py'}:Told"
SIZES = {"Acceptor": 1, "Ballot": 1, "Value": 1}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("one", "('one', 'two')"),
        ("'a b' second=1=2", "('a b', '1=2')"),
        ("second= first=x", "('x', '')"),
        ("-=y", "('-=y', 'two')"),
    ],
)
def test_arguments_follow_the_name(arguments: str, told: str) -> None:
    result = quorate.conform("Paxos", f"{TOLD} {arguments}", sizes=SIZES, step_timeout=60)
    assert {d.unlike.code for d in result.conformance.differences} == {f"told {told}"}


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
        quorate.conform("Paxos", f"{TOLD} {arguments}", sizes=SIZES)


def test_the_verbs_run_commands(capfd: pytest.CaptureFixture[str]) -> None:
    child = shlex.join([sys.executable, "-S", str(CASES / "lines" / "child.py")])
    words = ["conform", "Paxos", "-s", "Acceptor=2,Ballot=1,Value=1", "--step-timeout", "60"]
    assert run([*words, "--adapter", f"exec:{child} nothing"]) == 5
    assert "phase1a.sends.sent" in capfd.readouterr().out
    assert run([*words, "--adapter", f"exec:{child} dies"]) == 2
    said = capfd.readouterr().err
    assert said.startswith("error: at the start: asked to start, exec:")
    assert "ended (exit code 3)" in said
