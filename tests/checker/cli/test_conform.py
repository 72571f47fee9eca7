"""`quorate conform`: what it prints, how it ends, and that a child process says the same."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import jsonschema
import pytest

import quorate
from quorate.checker.cli.main import run
from quorate.checker.conform.driving.conformance import Verdict
from quorate.checker.conform.replaying import battery
from quorate.checker.errors import InputError
from quorate.traces import read_itf

from ...support.examples import mutants_by_name
from .shared import VALIDATOR

CASES = Path(__file__).parents[2] / "cases" / "adapters"
PAXOS = ["conform", "Paxos", "-s", "Acceptor=2,Ballot=2,Value=1"]
LOCK = f"{CASES / 'noop.py'}:Lock"


def test_healthy_code_conforms(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*PAXOS, "--coverage"]) == 0
    out = capsys.readouterr().out
    assert "✓ conforms: healthy does what the model does, and nothing else" in out
    assert "phase1b: " in out and "a message that must exist: require(Prepare(b) in" in out


def test_no_more_is_claimed_than_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*PAXOS, "--no-probes"]) == 0
    out = capsys.readouterr().out
    assert "does what the model does; what it disables was not tried" in out
    assert "nothing else" not in out


def test_a_difference_on_one_screen(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "x.itf.json"
    defect = ["--impl", "promise-not-recorded"]
    assert run([*PAXOS, *defect, "--trace", str(file)]) == 5
    out = capsys.readouterr().out
    for line in (
        "✗ does not conform: promise-not-recorded is not as the model: 1 difference",
        "✗ 1. phase1b.changes.max_bal: it does not end in the model's state",
        "✓ paxos.py:71  require(Prepare(b) in self.sent)",
        "  again: quorate conform Paxos -s Acceptor=2,Ballot=2,Value=1 \\\n"
        "      --impl promise-not-recorded --run 'phase1a(b=b1); phase1b(a=a1, b=b1)'\n",
        f"trace written to {file}",
    ):
        assert line in out
    assert len(out.splitlines()) < 45
    trace = read_itf(file)
    assert run(["replay", str(file), *defect]) == 5
    assert f"step {len(trace.steps)}, phase1b" in capsys.readouterr().out


def commands_in(out: str, label: str) -> list[str]:
    """The commands that are shown, as a shell reads them, without `quorate`."""
    shown = re.findall(rf"{label}: quorate ((?:.*(?:\\|;)\n)*.*)", out)
    return [re.sub(r" *\\\n *|(?<=;)\n *", " ", command) for command in shown]


@pytest.mark.parametrize("probed", [False, True])
def test_the_command_that_is_shown_does_the_same_again(
    probed: bool, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    defect = "promise-for-any-ballot" if probed else "promise-not-recorded"
    assert run([*PAXOS, "--impl", defect]) == 5
    out = capsys.readouterr().out
    assert "and so " in out
    assert [line for line in out.partition("\n\n#")[0].splitlines()[3:] if len(line) > 80] == []
    violated = re.findall(
        r"and so (\S+) is violated by the code, after \d+ steps?\n  shown by", out
    )
    for name, command in zip(violated, commands_in(out, "shown by"), strict=True):
        assert run(shlex.split(command)) == 5
        steps = command.count(";") + 1
        told = f"✗ {name} is violated by the code after all {steps} step"
        assert told in capsys.readouterr().out
    names = re.findall(r"✗ \d+\. (\S+):", out)
    commands = commands_in(out, "again")
    assert len(names) == len(commands) == (2 if probed else 1)
    for name, command in zip(names, commands, strict=True):
        file = tmp_path / "run.itf.json"
        assert run([*shlex.split(command), "--trace", str(file)]) == 5
        again = capsys.readouterr().out
        assert f"✗ 1. {name}: " in again and file.exists()
        assert run([*shlex.split(command.replace(defect, "healthy"))]) == 0
        assert "✓ conforms in this run" in capsys.readouterr().out


def test_a_run_is_done_from_the_initial_state_that_it_names(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "lamp.py").write_text(LAMP)
    lamp = ["conform", f"{tmp_path / 'lamp.py'}:Lamp", "--adapter", f"{tmp_path / 'lamp.py'}:Code"]
    assert run(lamp) == 5
    (command,) = commands_in(capsys.readouterr().out, "again")
    assert command.endswith("--run 'start(1); switch()'")
    assert run(shlex.split(command)) == 5
    assert "✗ 1. switch.changes.on:" in capsys.readouterr().out
    assert run([*shlex.split(command), "--json"]) == 5
    document = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(document)
    told = document["followed"]
    assert (told["holds"], told["steps"]) == (False, 1)
    assert told["difference"]["name"] == "switch.changes.on"
    assert run([*lamp, "--run", "start(0); switch()"]) == 0
    assert run([*lamp, "--run", "switch()"]) == 2
    assert "initial: 2 of the 2 initial states" in capsys.readouterr().err
    assert run([*lamp, "--run", "start(0); switch()", "--mutants"]) == 2
    assert "--run does one run alone: --mutants" in capsys.readouterr().err
    assert run([*lamp, "--run", "start(0); switch()", "--seed", "1"]) == 2
    assert "--run does one run alone: --seed" in capsys.readouterr().err


LAMP = """
from quorate.model.language import Protocol, action, durable, init


class Lamp(Protocol):
    on: bool = durable(False)

    @init
    def chosen(self, on: bool) -> None:
        self.on = on

    @action
    def switch(self) -> None:
        self.on = not self.on


class Code:
    def start(self, setting):
        self.on = setting.initial["on"]

    def perform(self, action, args):
        self.on = True
        return set()

    def observe(self):
        return {"on": self.on}
"""


def test_each_difference_has_a_trace(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    defect = ["--impl", "promise-for-any-ballot"]
    first, second, third = (tmp_path / f"x{k}.itf.json" for k in ("", "-2", "-3"))
    second.write_text("mine")
    assert run([*PAXOS, *defect, "--trace", str(first)]) == 5
    out = capsys.readouterr().out
    assert second.read_text() == "mine" and len(read_itf(first).steps) == 3
    assert f"{second} holds no trace: it is left as it was, and phase1b.allows.max_bal" in out
    second.unlink()
    third.write_bytes(first.read_bytes())
    assert run([*PAXOS, *defect, "--trace", str(first), "--json"]) == 5
    told = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(told)
    assert [d["trace"] for d in told["differences"]] == [str(first), str(second)]
    assert len(read_itf(second).steps) == 4
    assert run([*PAXOS, *defect, "--trace", str(first)]) == 5
    out = capsys.readouterr().out
    assert f"trace written to {second}, which was there before" in out
    assert f"{third} is older, and left as it was" in out


@pytest.mark.parametrize("defect", ["healthy", "promise-for-any-ballot"])
def test_json_is_as_the_schema_says(defect: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run([*PAXOS, "--impl", defect, "--json"])
    told = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(told)
    assert told["exit"] == code == (0 if defect == "healthy" else 5)
    assert told["driven"] == told["transitions"]
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**told, "verdict": "maybe"})


@pytest.mark.exhaustive
def test_a_child_process_says_the_same(tmp_path: Path) -> None:
    adapters = tmp_path / "adapters.py"
    adapters.write_text(
        "from quorate.checker.conform.adapters.registry import adapter_for\n"
        "from quorate.model.paxos import Paxos\n"
        "class Broken:\n"
        "    def __init__(self):\n"
        "        inner = adapter_for(Paxos, 'promise-for-any-ballot')\n"
        "        self.start, self.perform = inner.start, inner.perform\n"
        "        self.observe = inner.observe\n"
        "    def start(self, setting): ...\n"
        "    def perform(self, action, args): ...\n"
        "    def observe(self): ...\n"
    )
    sizes = {"Acceptor": 2, "Ballot": 2, "Value": 1}
    there = quorate.conform("Paxos", f"{adapters}:Broken", sizes=sizes)
    here = quorate.conform("Paxos", variant="promise-for-any-ballot", sizes=sizes)
    names = [d.name for d in here.conformance.differences]
    assert [d.name for d in there.conformance.differences] == names
    assert there.conformance.driven == here.conformance.driven
    assert [d.unlike for d in there.conformance.differences] == [
        d.unlike for d in here.conformance.differences
    ]
    assert there.trace is not None and there.violation is not None


ROLES = ["-s", "Proposer=1,Acceptor=2,Learner=1,Ballot=2,Value=1", "--no-probes", "--mutants"]


@pytest.mark.parametrize(
    "tried",
    [("PromiseVolatile", "OwnValue"), pytest.param((), marks=pytest.mark.exhaustive)],
    ids=["two", "all"],
)
def test_mutants_are_a_battery_that_healthy_code_refuses(
    tried: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if tried:
        monkeypatch.setattr(battery, "MUTANTS", mutants_by_name(*tried))
    assert run(["conform", "PaxosRoles", *ROLES]) == 0
    out = capsys.readouterr().out
    assert "✓ PromiseVolatile: refused at step 4, crash_acceptor(a=a0)" in out
    assert "  OwnValue: holds at these sizes" in out


@pytest.mark.exhaustive
def test_mutants_of_code_with_a_defect_are_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conform", "PaxosRoles", *ROLES, "--impl", "all-lost-on-restart", "--json"]) == 5
    told = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(told)
    fates = {m["name"]: m["replay"] and m["replay"]["verdict"] for m in told["mutants"]}
    assert fates["AllVolatile"] == "reproduced" and fates["PromiseUnrecorded"] == "refused"


def test_mutants_may_stand_beside_a_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (CASES / "noop.py").read_text()
    text += (
        "class Once(Lock):\n"
        "    @action\n"
        "    def take(self, v: Voter) -> None:\n"
        "        require(all(not self.holds[w] for w in Voter))\n"
        "        self.holds[v] = True\n"
    )
    (tmp_path / "lock.py").write_text(text)
    lock = [f"{tmp_path / 'lock.py'}:Lock", "-s", "Voter=2"]
    bare = ["--adapter", f"{tmp_path / 'lock.py'}:Bare", "--mutants"]
    assert run(["conform", *lock, *bare]) == 5
    assert "Once: holds at these sizes" in capsys.readouterr().out


BROKEN = [
    ("Exits", "perform calls for an exit (0)"),
    ("Says", "returned the text 'hello', expected the messages sent"),
    ("Raises", "perform raised KeyError: 'oops'"),
    pytest.param(
        "RaisesAtStart",
        "at the start: start raised RuntimeError: no port",
        marks=pytest.mark.exhaustive,
    ),
    ("ReturnsNone", "where nothing is sent, that is frozenset()"),
    pytest.param(
        "ObservesNumber", "returned the number 42, expected a dict", marks=pytest.mark.exhaustive
    ),
    ("MisnamesVariable", "shows promisd, which Paxos does not have"),
    pytest.param(
        "PlainDict", "shows promised, which Paxos does not have", marks=pytest.mark.exhaustive
    ),
    ("NeedsArgument", "(an adapter is made without arguments)"),
    pytest.param(  # an adapter that hangs is ended every day in `conform/test_adapters`
        "Hangs", "does not return within 3 s (--step-timeout)", marks=pytest.mark.exhaustive
    ),
]


@pytest.mark.parametrize(("name", "message"), BROKEN)
def test_a_broken_adapter_is_told(
    name: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    adapter = f"{CASES / 'broken.py'}:{name}"
    sizes = ["-s", "Acceptor=3,Ballot=1,Value=1"]
    assert run(["conform", "Paxos", *sizes, "--adapter", adapter, "--step-timeout", "3"]) == 2
    error = capfd.readouterr().err
    assert message in error and "Traceback" not in error


@pytest.mark.parametrize(
    ("name", "code"), [("Nothing", 4), ("Typo", 2), ("Bare", 5), ("Raises", 2)]
)
def test_an_adapter_of_nothing_is_no_pass(
    name: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(["conform", LOCK, "-s", "Voter=2", "--adapter", f"{CASES / 'noop.py'}:{name}"]) == code
    )


def test_what_is_accepted_comes_from_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "known.toml"
    file.write_text('[accepted]\n"phase1b.changes.max_bal" = "as in the paper"\n')
    defect = ["--impl", "promise-not-recorded", "--accept", str(file)]
    assert run([*PAXOS, *defect]) == 0
    out = capsys.readouterr().out
    assert "! accepted: phase1b.changes.max_bal, met" in out
    assert "does what the model does, but for 1 accepted difference " in " ".join(out.split())
    for text, message in (
        ("accepted = 3", "expected one table [accepted]"),
        ('[accepted]\nx = ""', "`x` has no reason: say why it is accepted"),
        ("[accepted", "known.toml: "),
    ):
        file.write_text(text)
        assert run([*PAXOS, *defect]) == 2
        assert message in capsys.readouterr().err


def test_mistakes_are_raised() -> None:
    sizes = {"Acceptor": 2, "Ballot": 1, "Value": 1}
    with pytest.raises(InputError, match="give no adapter with it"):
        quorate.conform("Paxos", "x.py:X", variant="healthy", sizes=sizes)
    with pytest.raises(InputError, match="for an adapter that is given by name"):
        quorate.conform("Paxos", step_timeout=3, sizes=sizes)
    with pytest.raises(InputError, match="seconds: found 0, expected"):
        quorate.conform("Paxos", seconds=0, sizes=sizes)
    with pytest.raises(InputError, match="no implementation of Consensus is bundled"):
        quorate.conform("Consensus", sizes={"Value": 1})
    assert quorate.conform("Paxos", sizes=sizes).conformance.verdict is Verdict.CONFORMS
