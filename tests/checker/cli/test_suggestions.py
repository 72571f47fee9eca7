"""Typing errors in verbs, options, choices and names get one suggestion, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate._spelling import nearest
from quorate.checker.cli.main import run

from .shared import SMALL

RAFT = ["-s", "Index=1,Server=1,Term=1,Value=1"]
MEANT = [
    (["chek", "Paxos"], "No such command 'chek'; did you mean check?"),
    (["verfy"], "did you mean verify?"),
    (["Paxos"], "No such command 'Paxos'; did you mean check Paxos?"),
    (["my.py"], "did you mean check my.py?"),
    (["check", "Paxos", "--size", "Acceptor=3"], "No such option '--size'; did you mean --sizes?"),
    (["check", "Paxos", "--symetry"], "did you mean --symmetry?"),
    (["prove", "Paxos", "--jsn"], "did you mean --json?"),
    (
        ["check", "Paxos", *SMALL, "--search", "bredth-first"],
        "'random'; did you mean breadth-first?",
    ),
    (["check", "paxs", *SMALL], "did you mean Paxos?"),
    (["check", "multipaxos", *SMALL], "did you mean MultiPaxos?"),
    (["check", "quorate.model.paxs:Paxos", *SMALL], "did you mean Paxos?"),
    (["check", "quorate.model.paxos:Paxs", *SMALL], "no protocol Paxs; did you mean Paxos?"),
    (["check", "Paxos", "-s", "Acceptors=3,Ballot=2,Value=2"], "did you mean Acceptor?"),
    (
        ["check", "Paxos", *SMALL, "-i", "agreemnt"],
        "no invariant `agreemnt`; did you mean agreement?\n",
    ),
    (["check", "Paxos", *SMALL, "-i", "agreemnt", "--bmc", "1"], "; did you mean agreement?"),
    (["prove", "Paxos", "-i", "agreemnt"], "; did you mean agreement?"),
    (["prove", "Paxos", "--find", "-i", "agreemnt"], "; did you mean agreement?"),
    (
        ["check", "RaftElection", *RAFT, "-f", "crsh=1"],
        "no fault `crsh`; did you mean crash?",
    ),
    (["check", "Duel", "-t", "somethng_is_decided"], "; did you mean something_is_decided?"),
]
MEANT += [
    (["Check", "Paxos"], "No such command 'Check'; did you mean check?"),
    (["hlep"], "No such command 'hlep'; did you mean --help?"),
    (["check", "Paxos", *SMALL, "--trace-file", "x"], "did you mean --trace?"),
    (["check", "Paxos", "-s", "Acc=3"], "did you mean Acceptor?"),
    (["check", "raftelection"], "did you mean RaftElection?"),
    (["check", "Raf"], "did you mean Raft?"),
    (
        ["check", "Paxos", *SMALL, "-i", "one-value-per-ballot"],
        "mean one_value_per_ballot?",
    ),
    (["check", "Raft", *RAFT, "-f", "crashes=1"], "did you mean crash?"),
    (["conform", "Paxos", *SMALL, "--impl", "ignores"], "did you mean ignores-accepted-values?"),
    (["mutate", "Paxos", *SMALL, "--operator", "drop-gaurd"], "did you mean drop-guard?"),
    (["explain", "unorderd"], "did you mean unordered?"),
]
NOTHING_NEAR = [
    (["quorums", "Majorty"], "no such protocol; expected path.py:Class"),
    (["refine", "Paxos", "--as", "Voting"], "No such option '--as'\n"),
    (["frobnicate"], "No such command 'frobnicate'\n"),
    (["check", "Paxos", *SMALL, "-i", "zzz"], "promises_are_honest, votes_were_proposed\n"),
]


@pytest.mark.parametrize(("arguments", "said"), [*MEANT, *NOTHING_NEAR])
def test_one_name_is_suggested(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    found = capsys.readouterr().err
    assert said in found
    assert found.count("did you mean") == ("did you mean" in found)


def test_a_file_beside_the_one_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hasty.itf.json").touch()
    for name in ("hasti.itf.json", "hasty.itf.jsn", "hasty"):
        assert run(["show", str(tmp_path / name)]) == 2
        assert f"; did you mean {tmp_path / 'hasty.itf.json'}?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("Paxso", ["Paxos", "PaxosCommit"], "Paxos"),
        ("paxos", ["MultiPaxos", "Paxos"], "Paxos"),
        ("two_holder", ["one_holder", "two_holders"], "two_holders"),
        ("agree", ["agreement", "validity"], "agreement"),
        ("vote", ["vote_for", "vote_against"], None),
        ("as", ["s", "i"], None),
        ("x", ["y"], None),
        ("v", ["value"], None),
        ("safety", ["agreement", "promises_are_honest"], None),
        ("majorty", ["StoppedMajority"], None),
    ],
)
def test_what_is_nearest(name: str, known: list[str], meant: str | None) -> None:
    assert nearest(name, known) == meant
