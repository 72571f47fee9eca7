"""`quorate cluster` with a replicated store: scripts, the prompt, and what is left behind."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.checker.cli.main import run

SCRIPT = """\
put x 1
# a comment
get x
cas x 1 2
cas x 1 3
cas y - 7
delete x
get x
status
"""
SAID = """\
put x 1: ok
get x: 1
cas x 1 2: ok
cas x 1 3: no: something else is there
cas y - 7: ok
delete x: ok
get x: nothing
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.txt").write_text(SCRIPT)
    return tmp_path


def test_a_script_is_answered_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cluster", "--nodes", "1", "--run", "script.txt"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(SAID)
    assert said.splitlines()[-1].startswith("✓ n0 leads, term ")


def test_a_line_that_makes_no_sense_is_named_and_nothing_starts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "script.txt").write_text("put x 1\n\nkill n3\n")
    assert run(["cluster", "--run", "script.txt", "--data", "data"]) == 2
    said = capsys.readouterr()
    assert said.err == "error: script.txt:3: found 'n3', expected n0, n1, n2 or leader\n"
    assert said.out == "" and not (folder / "data").exists()


@pytest.mark.exhaustive
@pytest.mark.parametrize("protocol", ["raft", "multipaxos"])
def test_the_store_survives_kills_and_partitions(
    protocol: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "more.txt").write_text(
        "get y\npartition leader\nput y 8\nheal\nkill leader\nput y 9\nget y\n"
    )
    options = ["--protocol", protocol, "--nodes", "5", "--data", "data"]
    trouble = ["--kill", "1", "--partition", "1"]
    assert run(["cluster", *options, *trouble, "--run", "script.txt"]) == 0
    first = capsys.readouterr().out
    assert first.startswith(SAID)
    assert re.fullmatch(r"✓ n\d leads, .*(; n\d up to date){4}", first.splitlines()[-1])
    assert run(["cluster", *options, "--run", "more.txt"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "get y: 7" and lines[6] == "get y: 9"


@pytest.mark.exhaustive
def test_what_cannot_be_done_ends_a_script(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "script.txt").write_text("kill n0\nkill n0\n")
    assert run(["cluster", "--run", "script.txt"]) == 2
    assert capsys.readouterr().err == "error: script.txt:2: n0 is down already.\n"


@pytest.mark.exhaustive
def test_a_command_without_an_answer_is_inconclusive(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "script.txt").write_text("kill n0\nkill n1\nput x 1\n")
    assert run(["cluster", "--run", "script.txt", "--timeout", "0.5", "--json"]) == 4
    told = json.loads(capsys.readouterr().out)
    assert [c["known"] for c in told["commands"]] == [True, True, False]
    assert told["status"]["n0"] is None


def children(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in found.stdout.split()]


def is_node(pid: int) -> bool:
    """Whether the process of this number is one of ours and runs."""
    try:
        return b"node_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


@pytest.mark.exhaustive
def test_the_prompt_answers_and_an_interrupt_leaves_no_process() -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from quorate.checker.cli.main import main; main()", "cluster"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as quorate:
        os.close(theirs)
        seen = b""

        def until(text: bytes) -> None:
            nonlocal seen
            while text not in seen:
                seen += os.read(ours, 4096)
            _, _, seen = seen.partition(text)

        until(b"> ")
        nodes = [pid for pid in children(quorate.pid) if is_node(pid)]
        assert len(nodes) == 3
        for typed, answer in (
            (b"put x 1\n", b"ok"),
            (b"putt\n", b"found 'putt', expected one of"),
            (b"kill n0\nkill n0\n", b"n0 is down already"),
            (b"status\n", b"n0  down"),
        ):
            os.write(ours, typed)
            until(answer)
        quorate.send_signal(signal.SIGINT)
        assert quorate.wait(60) == 130
    os.close(ours)
    assert not any(map(is_node, nodes))
