"""`--json` prints one object, whatever happens, and it is as the published schema says."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from quorate.checker.cli import check
from quorate.checker.cli.main import run
from quorate.checker.explore.search.interface import Progress

from .shared import HASTY, SCHEMA, SMALL, VALIDATOR


def printed(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The object that a command prints, which is as the schema says and knows its exit code."""
    capsys.readouterr()
    assert run([*arguments, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(found)
    assert found["exit"] == code
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hasty.py").write_text(HASTY)
    return tmp_path


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_violation_is_told_with_its_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["check", "hasty.py:HastyPaxos", *SMALL, "-i", "agreement", "--trace", "t.itf.json"]
    found = printed(command, 1, capsys)
    assert (found["verb"], found["violated"], found["trace"]) == (
        "check",
        "agreement",
        "t.itf.json",
    )
    told = found["run"]
    assert told["trace"] == "t.itf.json" and len(told["steps"]) == 12
    assert told["violation"]["property"] == "agreement"
    assert told["violation"]["witness"].startswith("chosen(b1, v0) by {a1,a2}")
    step = next(s for s in told["steps"] if s["action"] == "phase1b")
    assert step["arguments"] == {"a": "a0", "b": "b1"}
    assert step["received"] == [{"message": {"tag": "Prepare", "value": {"b": "b1"}}, "step": 1}]
    assert step["because"] == [1]
    assert [m["tag"] for m in step["sent"]] == ["Promise"]
    change = {"place": "max_bal[a0]", "old": "never", "new": "b1"}
    assert step["changes"] == [change | {"text": "max_bal[a0]: never → b1"}]
    assert step["state"]["max_bal"] == {"a0": "b1", "a1": "never", "a2": "never"}
    assert step["source"]["file"].endswith("paxos.py")


UNDEFINED = f"{Path(__file__).parents[2] / 'cases/models/undefined_step.py'}:Up"

ENDINGS = [
    (["check", UNDEFINED, "-s", "N=2"], 3, None),
    (["check", UNDEFINED, "-s", "N=2", "--bmc", "5"], 3, None),
    (["check", UNDEFINED, "-s", "N=2", "--induction", "5"], 3, None),
    (["verify", UNDEFINED, "-s", "N=2"], 3, None),
    (["check", "Paxos", *SMALL, "--symmetry"], 0, None),
    (["check", "Paxos", *SMALL, "--search", "random", "--walks", "9"], 4, None),
    (["check", "hasty.py:HastyPaxos", *SMALL, "-i", "agreement", "--bmc", "12"], 1, None),
    (["prove", "hasty.py:HastyPaxos", "-i", "agreement", "--no-refute"], 4, None),
    (["refine", "Consensus", "Consensus", "-s", "Value=2"], 0, None),
    (["refine", "hasty.py:HastyPaxos", "Voting", *SMALL], 1, None),
    (["verify", "Consensus", "-s", "Value=2"], 0, None),
    (["cluster", "--value", "x"], 0, None),
    (["cluster", "--nodes", "1", "--run", "script.txt"], 0, None),
    (["cluster", "--run", "slip.py"], 2, "input"),
    (["check", "Paxos", *SMALL], 0, None),
    (["check", "Paxos", *SMALL, "--limit", "9"], 4, None),
    (["check", "Paxos", *SMALL, "--bmc", "2"], 4, None),
    (["check", "Paxos", *SMALL, "--induction", "1", "-i", "agreement"], 4, None),
    (["quorums", "FlexiblePaxos"], 0, None),
    (["prove", "TwoPhaseCommit", "--no-refute", "-i", "consistency"], 4, None),
    (["check"], 2, "usage"),
    (["frobnicate"], 2, "usage"),
    (["check", "Paxos", "--fast"], 2, "usage"),
    (["check", "Paxos", "-s", "Acceptor"], 2, "usage"),
    (["check", "Paxos", *SMALL, "-s", "Acceptor=5"], 2, "usage"),
    (["check", "Paxo", *SMALL], 2, "input"),
    (["check", "nowhere.py:X"], 2, "input"),
    (["check", "Paxos"], 2, "sizes"),
    (["check", "slip.py:HastyPaxos", *SMALL], 3, "model"),
    (["replay", "nowhere.itf.json"], 2, "trace"),
    (["refine", "Paxo"], 2, "input"),
    (["prove", "Paxo"], 2, "input"),
    (["quorums", "Paxo"], 2, "input"),
    (["verify", "Paxo"], 2, "input"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "kind"), ENDINGS, ids=[" ".join(a)[:60] for a, _, _ in ENDINGS]
)
def test_every_ending_is_one_object(
    arguments: list[str],
    code: int,
    kind: str | None,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "slip.py").write_text(HASTY.replace("self.sent.add", "self.snt.add"))
    (folder / "script.txt").write_text("put x 1\nget x\n")
    found = printed(arguments, code, capsys)
    assert (found["error"] and found["error"]["kind"]) == kind
    assert found["verb"] == (arguments[0] if arguments[0] != "frobnicate" else None)


def test_a_mistake_in_the_model_has_its_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "slip.py").write_text(HASTY.replace("self.sent.add", "self.snt.add"))
    error = printed(["check", "slip.py:HastyPaxos", *SMALL], 3, capsys)["error"]
    place = {"file": "slip.py", "line": 10, "column": 9, "inside": None}
    assert error["place"] == place
    (mistake,) = error["diagnostics"]
    assert mistake["place"] == place and "self.sent" in mistake["help"]


def test_an_interrupt_and_a_bug_of_ours_are_objects(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from quorate.checker import loading as load

    for error, kind, code in (
        (KeyboardInterrupt(), "interrupted", 130),
        (KeyError("x"), "bug", 70),
    ):

        def fails(name: str, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(load, "load_module", fails)
        assert printed(["check", "Paxos", *SMALL], code, capsys)["error"]["kind"] == kind


def test_what_a_model_prints_is_not_in_the_way(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "hasty.py").write_text(f"print('read')\n{HASTY}")
    assert run(["check", "hasty.py:HastyPaxos", *SMALL, "-i", "agreement", "--json"]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["violated"] == "agreement"
    assert shown.err == "read\n"


@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_help_is_help(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--json", asked]) == 0
    assert capsys.readouterr().out.startswith("Usage: quorate check")
    assert printed(["chek", asked], 2, capsys)["error"]["kind"] == "usage"


def test_an_interrupted_search_is_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def ctrl_c(_: Any) -> Iterator[Any]:
        yield lambda at: signal.raise_signal(signal.SIGINT) if isinstance(at, Progress) else None

    monkeypatch.setattr(check, "progress", ctrl_c)
    found = printed(["check", "Paxos", "-s", "Acceptor=3,Ballot=3,Value=2"], 130, capsys)
    assert (found["error"], found["outcome"]) == (None, "interrupted")
    assert 0 < found["states"] < 185_369
