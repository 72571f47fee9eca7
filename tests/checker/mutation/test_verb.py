"""`quorate mutate` and `quorate.mutate`: text, JSON, the report for viewers, codes, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import quorate
from quorate.checker.cli.main import run
from quorate.checker.mutation import MutantFate
from tests.checker.cli.shared import VALIDATOR

FILE = f"{Path(__file__).with_name('locks.py')}:Lock"
REGISTER = f"{Path(__file__).with_name('register.py')}:Register"
SIZES = ["-s", "Node=2,Term=1"]
GUARDS = ["--operator", "drop-guard", "--processes", "1"]


def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "mutants.json"
    assert run(["mutate", FILE, *SIZES, *GUARDS, "--json", "--report", str(report)]) == 0
    found = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(found)
    assert (found["killed"], found["counted"], found["score"]) == (1, 3, 1 / 3)
    assert found["kills"] == {"one_at_a_time": 1}
    fates = [m["fate"] for m in found["mutants"]]
    assert fates == ["survived", "refines", "killed", "refines", "bound too small"]
    written = json.loads(report.read_text())
    (file,) = written["files"].values()
    assert file["source"] == Path(FILE.removesuffix(":Lock")).read_text()
    statuses = [m["status"] for m in file["mutants"]]
    assert statuses == ["Survived", "Ignored", "Killed", "Ignored", "Survived"]
    killed = file["mutants"][2]
    assert killed["killedBy"] == ["one_at_a_time"]
    assert killed["location"]["start"] == {"line": 52, "column": 9}
    assert written["testFiles"]["Lock"]["tests"] == [
        {"id": "one_at_a_time", "name": "Lock: one_at_a_time"}
    ]


def test_a_score_that_is_too_low(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--operator", "flip-comparison", "--processes", "1"]
    assert run(["mutate", FILE, *SIZES, *chosen, "--least", "1"]) == 4
    said = capsys.readouterr().out
    assert "\n0 mutants killed\n! 1 mutant survived: fewer states, and no goal is lost\n" in said
    assert "vote: flip-comparison\n      self.last[n] < t → self.last[n] >= t\n" in said


@pytest.mark.exhaustive
def test_all_are_killed(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--operator", "swap-quantifier", "--processes", "1", "--strict"]
    assert run(["mutate", FILE, *SIZES, *chosen]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Lock  Node=2, Term=1\n✓ 1 mutant killed, by one_at_a_time 1\n✓ score")


def test_the_protocol_itself_must_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path(FILE.removesuffix(":Lock")).read_text()
    wrong = tmp_path / "wrong.py"
    wrong.write_text(text.replace("require(self.is_free())", "require(True)"))
    assert run(["mutate", f"{wrong}:Lock", *SIZES, *GUARDS]) == 1
    assert "✗ the protocol itself does not hold, so nothing was tried" in capsys.readouterr().out
    assert run(["mutate", FILE, *SIZES, *GUARDS, "--limit", "5"]) == 4
    assert "! the search of the protocol itself is not complete" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--operator", "drop-gard"], "no operator `drop-gard`; did you mean drop-guard?"),
        (["--least", "101"], "'--least'"),
        (["--report", "no/such/folder/x"], "no/such/folder: no such directory"),
        (["--report", "."], "File '.' is a directory"),
        (["-s", "Nodes=2"], "Nodes"),
    ],
)
def test_bad_input(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = arguments if "-s" in arguments else [*SIZES, *arguments]
    assert run(["mutate", FILE, *given]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.exhaustive
def test_paxos() -> None:
    """The bundled Paxos: every mutant that was not killed is one of these, for these reasons."""
    result = quorate.mutate("Paxos", sizes={"Acceptor": 3, "Ballot": 2, "Value": 2})
    found = result.mutation
    assert (len(found.killed), len(found.counted)) == (36, 49)
    survived = {t.edit.before for t in found.of(MutantFate.SURVIVED)}
    assert survived == {"require(Prepare(b) in self.sent)", "Prepare(b) in self.sent"}
    assert all(
        t.larger == {"Acceptor": 3, "Ballot": 3, "Value": 2} for t in found.of(MutantFate.TOO_SMALL)
    )
    assert len(found.of(MutantFate.TOO_SMALL)) == 3


def test_an_invariant_that_forgets_the_initial_value_is_pointed_at() -> None:
    """A register that stores nothing passes: its readers get the initial value for ever."""
    given = {"sizes": {"Client": 1, "Value": 1}, "operators": ["drop-effect"], "processes": 1}
    found = quorate.mutate(REGISTER, **given)
    lost = next(t for t in found.mutation.trials if t.edit.before == "self.stored = v")
    assert lost.fate is not MutantFate.KILLED and lost in found.mutation.counted
    assert "self.stored = v → pass" in repr(found)
    assert found.score is not None and found.score < 1


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    text, file = Path(FILE.removesuffix(":Lock")).read_text(), tmp_path / "changing.py"
    given = {"sizes": {"Count": 1}, "operators": ["flip-comparison"], "processes": 1}
    for body, states in ((text, 2), (text.replace("durable(0)", "durable(1)"), 1)):
        file.write_text(body)
        found = quorate.mutate(f"{file}:Counter", **given).mutation
        assert found.original.states == states
