"""Options of the other verbs: what would be ignored is refused, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.checker.cli.main import run

SMALL = ["-s", "Acceptor=3,Ballot=2,Value=2"]

IGNORED = [
    (["prove", "Paxos", "--find", "--core"], "--find does not take --core"),
    (["prove", "Paxos", "--find", "--cvc5"], "--find does not take --cvc5"),
    (["prove", "Paxos", "--find", "--smt2", "out"], "--find does not take --smt2"),
    (["prove", "Paxos", "--find", "--seed", "0"], "--find does not take --seed"),
    (["prove", "Paxos", "--find", "--no-refute"], "--find does not take --refute"),
    (["prove", "Paxos", "--keep"], "--keep goes with --find"),
    (["verify", "Paxos", *SMALL, "--all"], "--all is for the bundled systems"),
    (["verify", *SMALL], "sizes are for a protocol"),
    (["verify", "-f", "crash=1"], "sizes are for a protocol"),
    (["replay", "t", "--impl", "healthy", "--adapter", "a.py:A"], "does not go with --adapter"),
    (["replay", "t", "--step-timeout", "3"], "--step-timeout is for --adapter"),
    (["export", "Paxos", "--symmetry"], "--symmetry is for the configuration that -o"),
]


@pytest.mark.parametrize(("arguments", "message"), IGNORED, ids=[" ".join(a) for a, _ in IGNORED])
def test_what_would_be_ignored_is_refused(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
