"""Files that a verb writes: all of each or nothing, and what goes wrong is said with its name."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from quorate.checker.cli.main import run
from quorate.checker.rendering.words import amount, count
from quorate.traces.files import replacing

TINY = ["-s", "Acceptor=1,Ballot=1,Value=1"]

WRITING = [
    (["check", "Paxos", *TINY, "--graph", "g.graphml"], "g.graphml: the disk is full"),
    (["check", "Paxos", *TINY, "--graph", "g.dot"], "g.dot: the disk is full"),
    (["check", "Paxos", *TINY, "--graph", "g.json"], "g.json: the disk is full"),
    (["prove", "TwoPhaseCommit", "--smt2", "."], ".smt2: the disk is full"),
    (["export", "Paxos", *TINY, "-o", "P.tla"], "P.cfg: the disk is full"),
    (["check", "Paxos", *TINY, "--checkpoint", "c", "--every", "0"], "-0: the disk is full"),
]


@pytest.mark.parametrize(("arguments", "said"), WRITING, ids=[" ".join(a) for a, _ in WRITING])
def test_a_full_disk(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    sync = os.fsync

    def full(number: int) -> None:
        if Path(f"/proc/self/fd/{number}").resolve().is_relative_to(tmp_path):
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(number)

    monkeypatch.setattr(os, "fsync", full)
    assert run(arguments) == 2
    assert said in capsys.readouterr().err
    assert [p for p in tmp_path.iterdir() if p.is_file()] == []


def test_what_was_there_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_text("old")
    with (
        pytest.raises(OSError, match="No space left on device") as raised,
        replacing(path) as partial,
    ):
        partial.write_text("half of the n")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.filename == str(path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(KeyboardInterrupt), replacing(path) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with replacing(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link, whole = tmp_path / "link", tmp_path / "elsewhere" / "whole"
    link.symlink_to(whole)
    with replacing(link) as partial:
        partial.write_text("text")
    assert link.is_symlink() and whole.read_text() == "text"
    assert list(whole.parent.iterdir()) == [whole]


def test_a_pipe_is_written_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with replacing(pipe) as partial:
        partial.write_text("text")
    assert os.read(reader, 99) == b"text" and pipe.is_fifo()
    os.close(reader)


def test_a_trace_to_a_device() -> None:
    """A device takes a trace as it comes; nobody is to find a file in its place."""
    before = os.lstat("/dev/null")
    arguments = ["-s", "Proposer=1,Acceptor=3,Learner=1,Value=2,Ballot=2", "-f", "crash=0"]
    command = ["check", "quorate.model.mutants.paxos_roles:PromiseUnrecorded", *arguments]
    assert run([*command, "-i", "agreement", "--trace", "/dev/null"]) == 1
    after = os.lstat("/dev/null")
    assert (before.st_mode, before.st_ino) == (after.st_mode, after.st_ino)


@pytest.mark.parametrize("way", [(), ("--bmc", "1"), ("--induction", "2")], ids=" ".join)
def test_no_trace_is_said_where_one_was_asked_for(
    way: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.json").write_text("old")
    for name, said in (("old.json", "is left as it was"), ("new.json", "was not written")):
        run(["check", "Paxos", *TINY, *way, "--trace", name])
        assert f"there is no trace: {name} {said}\n" in capsys.readouterr().out
    assert Path("old.json").read_text() == "old" and not Path("new.json").exists()


NOWHERE = """\
from quorate.model.language import *

class M(Protocol):
    x: bool = durable(False)

    @init
    def never(self) -> None:
        require(self.x)
        self.x = True

    @action
    def step(self) -> None:
        self.x = True

    @invariant
    def fine(self) -> bool:
        return self.x
"""


@pytest.mark.parametrize("way", [(), ("--reference",), ("--bmc", "3"), ("--induction", "2")])
def test_without_an_initial_state(
    way: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.py"
    model.write_text(NOWHERE)
    assert run(["check", str(model), *way, "--strict"]) == 4
    out = capsys.readouterr().out
    assert "! there is no initial state" in out and "✓" not in out


@pytest.mark.parametrize(
    ("size", "shown"), [(1, "1 byte"), (512, "512 bytes"), (1536, "1.5 KiB"), (3 << 30, "3.0 GiB")]
)
def test_amounts(size: int, shown: str) -> None:
    assert amount(size) == shown


@pytest.mark.parametrize(
    ("n", "noun", "shown"),
    [(1, "way", "1 way"), (2, "way", "2 ways"), (2, "property", "2 properties"), (1, "x", "1 x")],
)
def test_counts(n: int, noun: str, shown: str) -> None:
    assert count(n, noun) == shown
