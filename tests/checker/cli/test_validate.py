"""`quorate validate`: exit codes, what is printed, and JSON as the schema says."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import quorate.checker.rendering
from quorate.checker.cli.main import run

SCHEMA = json.loads(
    (Path(quorate.checker.rendering.__file__).parent / "quorate.schema.json").read_text()
)
SIZES = ["--model", "Paxos", "-s", "Acceptor=3,Ballot=2,Value=2"]
GOOD = '{"event": "phase1a", "b": "b1"}\n{"event": "phase1b", "a": "a0", "b": "b1"}\n'
LOGS = {
    "good": (GOOD, 0, "explained"),
    "wrong": (GOOD + '{"event": "phase1b", "a": "a0", "b": "b1"}\n', 5, "unexplained"),
    "beyond": (GOOD + '{"event": "phase1a", "b": "b7"}\n', 4, "inconclusive"),
}


@pytest.mark.parametrize("name", LOGS)
def test_a_log_and_its_exit_code(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, code, verdict = LOGS[name]
    path = tmp_path / f"{name}.log"
    path.write_text(text)
    assert run(["validate", str(path), *SIZES]) == code
    assert len(capsys.readouterr().out.splitlines()) < 30
    assert run(["validate", str(path), *SIZES, "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    assert (document["verdict"], document["exit"]) == (verdict, code)
    assert document["explained"] == 2


def test_what_is_no_log_ends_in_an_error_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.log"
    path.write_text(f'{GOOD}{{"event"\n')
    assert run(["validate", str(path), *SIZES, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["place"]["file"], error["place"]["line"]) == (str(path), 3)
    assert "byte" in error["message"]


def test_the_log_is_written_for_shiviz(tmp_path: Path) -> None:
    path, written = tmp_path / "a.log", tmp_path / "a.shiviz"
    path.write_text(GOOD)
    assert run(["validate", str(path), *SIZES, "--shiviz", str(written)]) == 0
    assert written.read_text().splitlines()[2:] == [
        'a.log {"a.log": 2}',
        'phase1b(a=a0, b=b1) {"event": "phase1b", "a": "a0", "b": "b1"}',
    ]


def test_a_mapping_and_a_format_are_one_too_many(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(GOOD)
    assert run(["validate", str(path), *SIZES, "--mapping", "a.py:A", "--format", "cluster"]) == 2
