"""Typing errors in verbs, options, choices and names get one suggestion, or none."""

from __future__ import annotations

import pytest

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
    (["check", "Paxos", "-s", "Acceptors=3,Ballot=2,Value=2"], "did you mean `Acceptor`?"),
    (["check", "Paxos", *SMALL, "-i", "agreemnt"], "no invariant `agreemnt`; it has agreement, "),
    (["check", "Paxos", *SMALL, "-i", "agreemnt"], "; did you mean agreement?"),
    (["check", "Paxos", *SMALL, "-i", "agreemnt", "--bmc", "1"], "; did you mean agreement?"),
    (["prove", "Paxos", "-i", "agreemnt"], "; did you mean agreement?"),
    (["prove", "Paxos", "--find", "-i", "agreemnt"], "; did you mean agreement?"),
    (
        ["check", "RaftElection", *RAFT, "-f", "crsh=1"],
        "no fault `crsh`; it has crash; did you mean crash?",
    ),
    (["check", "Duel", "-t", "somethng_is_decided"], "; did you mean something_is_decided?"),
]
NOTHING_NEAR = [
    (["frobnicate"], "No such command 'frobnicate'\n"),
    (["refine", "Paxos", "--to", "Voting"], "No such option '--to'\n"),
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
