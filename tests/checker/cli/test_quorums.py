"""`quorate quorums` as a user meets it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from quorate.checker.cli.main import run

MINE = """\
from quorate.model.language import Flexible, Grid, Majority, Predicate, Set, Sort, Weighted


class Replica(Sort): ...


class Write(Flexible[Replica], size=lambda n: n // 2 + 1): ...


class Read(Flexible[Replica], size=lambda n: n // 2, meets=Write): ...


class Row(Grid[Replica], columns=2, holds="row"):
    "Two rows of four have nothing in common."


class Rows(Grid[Replica], columns=2, holds="row", meets=Row): ...


class Heavy(Weighted[Replica], weights=(2, 1, 1, 1)): ...


class Slip(Predicate[Replica]):
    def is_quorum(self, q: Set[Replica]) -> bool:
        return len(q) > len(Replic)
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "sound.py").write_text(MINE.partition("class Slip")[0])
    return "mine.py"


def test_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quorums"]) == 0
    out = capsys.readouterr().out
    assert "Majorities    Majority" in out and "99.910%" in out
    assert "✗" not in out and "not so" not in out


def test_the_library_says_what_does_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quorums", "--size", "7"]) == 0
    out = capsys.readouterr().out
    assert "! Weights has 9 weights, but there are 7 Nodes" in out


def test_a_protocol(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quorums", "FlexiblePaxos", "--size", "5", "--down", "0.05", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    one, two = found["systems"]
    assert (one["system"], one["smallest"], one["resilience"], one["load"]) == ("Phase1", 4, 1, 0.8)
    assert (two["system"], two["up_sets"]) == ("Phase2", [0, 0, 10, 10, 5, 1])
    assert two["available"] == {"0.05": pytest.approx(1 - 0.05**5 - 5 * 0.95 * 0.05**4)}
    given, every = found["intersections"]
    assert not given["every"] and every["every"] and every["verdict"] == "proved"
    assert every["argument"] == "linear arithmetic over Venn regions"


def test_quorums_that_do_not_meet(mine: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quorums", f"{mine}:Rows"]) == 1
    out = capsys.readouterr().out
    assert "✗ not so: every quorum of Rows shares a member with every quorum of Row" in out
    assert "4 replicas: {r0,r1} and {r2,r3} share none" in out.replace(
        "{r2,r3} and {r0,r1}", "{r0,r1} and {r2,r3}"
    )


def test_sizes_at_which_quorums_do_not_meet(mine: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quorums", f"{mine}:Read", "--size", "4"]) == 4
    out = capsys.readouterr().out
    assert "! not so: every quorum of Read" in out and "24 replicas, not 3, 5, 7, 9," in out
    one = re.search(r"3 replicas: \{(r\d)\} and \{(r\d),(r\d)\} share none", out)
    assert one is not None and len(set(one.groups())) == 3, out
    assert "not proved for every number of members" in out
    assert run(["quorums", f"{mine}:Read", "--size", "5"]) == 1


def test_a_file(mine: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quorums", "sound.py"]) == 1
    out = capsys.readouterr().out
    assert "sound.py  Replica=4" in out  # the number that fits all of them
    assert "Heavy" in out and "✓ any two quorums of Heavy share a member" in out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["mine.py:Wirte"], 2, "mine.py: no protocol or quorum system Wirte; did you mean Write?"),
        (["mine.py:Heavy", "--size", "5"], 2, "Heavy has 4 weights, but there are 5 Replicas"),
        (["Raf"], 2, "did you mean Raft"),
        (["TwoPhaseCommit"], 2, "TwoPhaseCommit has no quorum systems"),
        (["nowhere.py"], 2, "nowhere.py: no such file"),
        (["quorate.model.consensus"], 2, "has no quorum systems"),
        (["--down", "2"], 2, "2 is not a probability, expected a number from 0 to 1"),
        (["--down", "often"], 2, "`often` is not a probability, as in 0.05"),
        (["--size", "0"], 2, "0 is not in the range"),
        (["mine.py:Slip"], 3, "Replic"),
    ],
)
def test_bad_input(
    arguments: list[str],
    code: int,
    message: str,
    mine: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["quorums", *arguments]) == code
    captured = capsys.readouterr()
    assert message in captured.err and "Traceback" not in captured.err
    assert captured.out == ""
