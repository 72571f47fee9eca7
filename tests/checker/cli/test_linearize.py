"""`quorate linearize`: verdicts, what is printed, JSON as the schema says, and bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quorate.checker.cli.main import run

from .shared import VALIDATOR

GOOD = """\
{"process": 1, "type": "invoke", "f": "write", "value": 3}
{"process": 1, "type": "ok", "f": "write", "value": 3}
{"process": 2, "type": "invoke", "f": "read"}
{"process": 2, "type": "ok", "f": "read", "value": 3}
"""
ONE = '{"process": 1, "type": "invoke", "f": "write", "value": 3}\n'
STALE = '{"process": 1, "type": "invoke", "f": "read"}\n{"process": 1, "type": "ok", "f": "read"}\n'
JEPSEN = """\
; a comment
[{:process :nemesis, :type :info, :f :start, :value nil}
 {:process 0, :type :invoke, :f :write, :value 1, :time 17, :index 0}
 {:process 0, :type :ok, :f :write, :value 1}
 {:process 1 :type :invoke :f :cas :value [1 2]} #_ {:process 9}
 {:process 1 :type :info :f :cas :value [1 2] :error [:timeout "a \\"b\\""]}
 {:process 2, :type :invoke, :f :read, :value nil}, {:process 2, :type :ok, :f :read, :value 2}
 {:process 3, :type :invoke, :f :write, :value 5} {:process 3, :type :fail, :f :write, :value 5}]
"""
LOCKS = """\
{"process": "a", "type": "invoke", "f": "acquire"}
{"process": "a", "type": "ok", "f": "acquire"}
{"process": "b", "type": "invoke", "f": "acquire"}
{"process": "b", "type": "ok", "f": "acquire"}
"""
VERDICTS = {
    "good.jsonl": (GOOD, [], 0, "✓ linearizable: 2 operations"),
    "stale.jsonl": (GOOD + STALE, [], 5, "✗ not linearizable: {}:6: no order explains read()"),
    "bound.jsonl": (
        ONE + ONE.replace("1,", "5,") + GOOD.replace("1,", "6,"),
        ["--configurations", "1"],
        4,
        "! unknown: gave up after 1 configuration",
    ),
    "open.jsonl": (ONE, [], 4, "! unknown: no operation returned"),
    "jepsen.edn": (JEPSEN, [], 0, "✓ linearizable: 3 operations"),
    "locks.jsonl": (LOCKS, ["--spec", "lock"], 5, "✗ not linearizable: {}:4: no order explains"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_a_verdict(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, options, code, says = VERDICTS[name]
    path = tmp_path / name
    path.write_text(text)
    assert run(["linearize", str(path), *options]) == code
    assert capsys.readouterr().out.startswith(says.format(path))
    assert run(["linearize", str(path), *options, "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(told)
    assert (told["verb"], told["exit"], told["error"]) == ("linearize", code, None)
    assert (told["failure"] is not None) == (code == 5)


def test_true_is_not_one(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(
        GOOD.replace("3}\n{", "1}\n{").replace('"read", "value": 3', '"read", "value": true')
    )
    assert run(["linearize", str(path)]) == 5


OTHER = '{"process": 1, "type": "ok", "f": "read"}'
BAD = {
    "empty.jsonl": ("", "is empty"),
    "none.jsonl": ("[1]\n", ":1: byte 0: found `[1]`, expected a JSON object"),
    "torn.jsonl": (ONE + '{"process": 1, "ty', ":2: byte "),
    "fields.jsonl": ('{"process": 1, "f": "read"}', ":1: found an event without `type`"),
    "type.jsonl": (ONE.replace("invoke", "begin"), ":1: found the type 'begin', expected invoke"),
    "call.jsonl": (ONE.replace("write", "push"), ":1: found the operation push, expected read,"),
    "twice.jsonl": (ONE + ONE, ":2: process 1 begins write, but what it began in line 1 has not"),
    "end.jsonl": (OTHER, ":1: process 1 ends read, but has begun nothing"),
    "other.jsonl": (ONE + OTHER, ":2: process 1 ends read, but it began write in line 1"),
    "pair.jsonl": (
        GOOD + ONE.replace("write", "cas") + STALE.replace("1,", "4,"),
        "cas has the value 3",
    ),
    "list.edn": ("[{:process 1", ":1:13: found the end, expected `}`"),
    "odd.edn": (
        "{:process}",
        ":1:11: found the end, expected, before it, a map of keys and values",
    ),
    "string.edn": ('{:process "a', ':1:11: found `"a`, expected a string that ends'),
    "behind.edn": ("[] []", ":1:4: found `[]`, expected nothing behind the list of events"),
    "value.edn": ("[7]", ":1: found 7, expected an event"),
    "digits.edn": ("[" + "1" * 5000, "expected a number of at most 4,000 digits"),
    "deep.edn": ("[" * 300, "expected values nested less deeply"),
    "nothing.edn": ("[]", "has no event"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_history(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, says = BAD[name]
    path = tmp_path / name
    path.write_text(text)
    assert run(["linearize", str(path), "--json"]) == 2
    told = capsys.readouterr()
    error = json.loads(told.out)["error"]
    assert says in error["message"]
    assert str(path) in error["message"]
    assert "Traceback" not in told.err


SPECS = """\
from quorate.kit import Specification

class Wrong(Specification):
    calls = ("read", "write")

    def after(self, state, operation):
        return 1 / 0

class Other:
    def after(self, state, operation):
        return ()

class Text(Wrong):
    def after(self, state, operation):
        return "state"
"""


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("{}:Wrong", ":1: Wrong.after(None, write(3)): ZeroDivisionError: division by zero"),
        ("{}:Text", "found 'state', expected a collection of states"),
        ("{}:Other", "Other: is no specification: it does not derive from Specification"),
        ("{}:Wrng", "no class Wrng; did you mean Wrong?"),
        ("{}", "say which class is the specification"),
        ("registr", "no such specification; expected path.py:Class, module:Class or one of"),
    ],
)
def test_a_specification_that_cannot_be_used(
    spec: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "specs.py").write_text(SPECS)
    (tmp_path / "h.jsonl").write_text(GOOD)
    named = spec.format(tmp_path / "specs.py")
    assert run(["linearize", str(tmp_path / "h.jsonl"), "--spec", named]) == 2
    assert says in capsys.readouterr().err
