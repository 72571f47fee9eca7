"""`quorate export` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.checker.cli.main import run

from ...support.tla.interpreter import Spec

SMALL = ["-s", "Acceptor=3,Ballot=2,Value=2"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_prints_the_module(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "Paxos"]) == 0
    printed = capsys.readouterr().out
    assert run(["export", "Paxos", *SMALL]) == 0
    assert capsys.readouterr().out == printed
    assert "MODULE Paxos" in printed and printed.endswith("=\n")


def test_writes_both_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "TwoPhaseCommit", "-s", "Coordinator=1,Participant=2", "-f", "crash=0",
                "-o", "Commit.tla"]) == 0  # fmt: skip
    assert capsys.readouterr().out == "TwoPhaseCommit is in Commit.tla, its sizes in Commit.cfg\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Commit.cfg", "Commit.tla"]
    module, configuration = (Path(f"Commit.{x}").read_text() for x in ("tla", "cfg"))
    assert " MODULE Commit " in module
    assert "MaxCrash = 0" in configuration and "\n\\* SYMMETRY Symmetry" in configuration
    counts, violated = Spec(module, configuration).explore()
    assert sum(counts) > 100 and not violated


def test_symmetry(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "Paxos", *SMALL, "-o", "P.tla", "--symmetry"]) == 0
    assert "\nSYMMETRY Symmetry\n" in Path("P.cfg").read_text()
    assert run(["export", "Paxos", *SMALL, "--symmetry"]) == 2
    assert "--symmetry" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Paxo"], "did you mean Paxos?"),
        (["Paxos", "-o", "P.tla"], "Paxos needs a size for Acceptor, Ballot, Value"),
        (["Paxos", "-s", "Acceptor=3"], "Paxos needs a size for Ballot, Value"),
        (["Paxos", "-s", "Acceptr=3"], "did you mean Acceptor?"),
        (["Paxos", *SMALL, "-f", "crash=1"], "no fault `crash`"),
        (["Paxos", *SMALL, "-o", "P.txt"], "ends in .tla"),
        (["Paxos", *SMALL, "-o", "a-b.tla"], "cannot be the name of a TLA+ module"),
        (["Paxos", *SMALL, "-o", "TLC.tla"], "cannot be the name of a TLA+ module"),
        (["Paxos", *SMALL, "-o", "gone/P.tla"], "gone/P.cfg: No such file or directory"),
    ],
)
def test_bad_input(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", *arguments]) == 2
    shown = capsys.readouterr()
    assert said in shown.err and not shown.out


def test_a_folder_in_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be written leaves nothing half-written behind."""
    (tmp_path / "P.cfg").mkdir()
    assert run(["export", "Paxos", *SMALL, "-o", "P.tla"]) == 2
    assert "P.cfg: Is a directory" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["P.cfg"]
