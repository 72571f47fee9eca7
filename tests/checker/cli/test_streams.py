"""Output anywhere: ASCII is ASCII, and no encoding, stream or terminal changes an exit code."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.checker.cli.main import VERBS, run

# Names, comments and a message that are not ASCII; violated in two steps.
COIN = """\
from quorate.model.language import *


class Prüfer(Sort):
    pass


class Münze(Protocol):
    größe: Map[Prüfer, bool] = durable(False)  # groß → wahr

    @action
    def wirf(self, ä: Prüfer) -> None:
        require(not self.größe[ä])
        self.größe[ä] = True

    @invariant
    def nie_überall(self) -> bool:
        return not all(self.größe[p] for p in Prüfer)

    @reachable
    def eine(self) -> bool:
        return any(self.größe[p] for p in Prüfer)
"""
SIZE = ["-s", "Prüfer=2"]
CHECK = ["check", "münze.py:Münze", *SIZE]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "münze.py").write_text(COIN, encoding="utf-8")
    (tmp_path / "falsch.py").write_text(COIN.replace("= True", "= Prüfer"), encoding="utf-8")
    (tmp_path / "kaputt.py").write_text(COIN.replace("class M", "klasse M"), encoding="utf-8")
    return tmp_path


class Standard:
    """Standard output and standard error in an encoding, as bytes."""

    def __init__(self, patch: pytest.MonkeyPatch, encoding: str) -> None:
        self.out, self.err = io.BytesIO(), io.BytesIO()
        for name, held in (("stdout", self.out), ("stderr", self.err)):
            patch.setattr(sys, name, io.TextIOWrapper(held, encoding, write_through=True))


COMMANDS = [
    ([*CHECK, "--coverage"], 1),
    ([*CHECK, "--bmc", "3"], 1),
    ([*CHECK, "--induction", "3"], 1),
    ([*CHECK, "--symmetry", "--por", "--trace", "spür.itf.json"], 1),
    ([*CHECK, "--search", "random", "--walks", "9"], 1),
    ([*CHECK, "--json"], 1),
    ([*CHECK, "--graph", "graß.png"], 2),
    ([*CHECK, "-i", "nie_überal"], 2),
    (["check", "münze.py:Münze", "-s", "Prufer=2"], 2),
    (["check", "münze.py:Münz", *SIZE], 2),
    (["check", "münz.py:Münze", *SIZE], 2),
    (["check", "kaputt.py:Münze", *SIZE], 2),
    (["check", "falsch.py:Münze", *SIZE], 3),
    (["check", "falsch.py:Münze", *SIZE, "--json"], 3),
    (["prove", "münze.py:Münze"], 1),
    (["verify", "münze.py:Münze", *SIZE], 1),
    (["refine", "münze.py:Münze", *SIZE], 2),
    (["quorums"], 0),
    (["replay", "spür.itf.json"], 2),
    (["export", "münze.py:Münze", *SIZE], 0),
    (["cluster", "--value", "ü", "--nodes", "ü"], 2),
    (["frobnizieren", "ü"], 2),
    *((["--help", verb] if verb == "" else [verb, "--help"], 0) for verb in VERBS),
]
NAMES = [" ".join(arguments)[:50] for arguments, _ in COMMANDS]


@pytest.mark.parametrize(("arguments", "code"), COMMANDS, ids=NAMES)
def test_ascii_is_ascii(arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    standard = Standard(monkeypatch, "utf-8")
    assert run([*arguments, "--ascii"]) == code
    printed = standard.out.getvalue() + standard.err.getvalue()
    assert printed and printed.isascii()


@pytest.mark.parametrize("shown", [["show"], ["show", "--as", "mermaid"], ["replay", "--diagram"]])
def test_a_trace_in_ascii(shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run([*CHECK, "--trace", "spür.itf.json"]) == 1
    standard = Standard(monkeypatch, "utf-8")
    run([*shown, "spür.itf.json", "--ascii"])
    printed = standard.out.getvalue() + standard.err.getvalue()
    assert printed and printed.isascii()


def test_an_adapter_prints_ascii(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (folder / "laut.py").write_text(
        "class Laut:\n    def start(self, *_): print('größer →')\n"
        "    def perform(self, *_): return frozenset()\n    def observe(self): return {}\n"
    )
    assert run([*CHECK, "--trace", "spur.itf.json"]) == 1
    capfdbinary.readouterr()
    assert run(["replay", "spur.itf.json", "--adapter", "laut.py:Laut", "--json", "--ascii"]) == 4
    printed = capfdbinary.readouterr()
    assert b'"unjudged"' in printed.out and printed.out.isascii()
    assert rb"gr\xf6\xdfer \u2192" in printed.err and printed.err.isascii()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_it(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    assert "--ascii" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437", "koi8-r", "utf-8"])
@pytest.mark.parametrize(
    ("arguments", "code"), [(CHECK, 1), (["check", "falsch.py:Münze", *SIZE], 3), (["check"], 2)]
)
def test_an_encoding_changes_no_exit_code(
    arguments: list[str], code: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    standard = Standard(monkeypatch, encoding)
    assert run(arguments) == code
    printed = standard.out.getvalue() + standard.err.getvalue()
    assert printed.isascii() == (encoding != "utf-8" or arguments == ["check"])
    if arguments is CHECK:
        sign = "✗ nie_überall" if encoding == "utf-8" else r"FAIL nie_\xfcberall"
        assert f"{sign} is violated: 4 states".encode() in printed


def test_a_name_that_is_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """File names of another encoding reach Python as halves of surrogate pairs."""
    standard = Standard(monkeypatch, "utf-8")
    assert run(["check", "m\udcfcnze.py:X"]) == 2
    assert rb"m\udcfcnze.py: no such file" in standard.err.getvalue()


class Failing(io.StringIO):
    """A stream on which nothing can be written."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


GONE = {
    "full": OSError(errno.ENOSPC, "No space left on device"),
    "pipe": BrokenPipeError(errno.EPIPE, "Broken pipe"),
    "input/output": OSError(errno.EIO, "Input/output error"),
    "closed": ValueError("I/O operation on closed file"),
}


@pytest.mark.parametrize("how", ["none", *GONE])
@pytest.mark.parametrize("which", [("stdout",), ("stderr",), ("stdout", "stderr")])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (CHECK, 1),
        ([*CHECK, "--json"], 1),
        (["check", "falsch.py:Münze", *SIZE], 3),
        (["check", "falsch.py:Münze", *SIZE, "--json"], 3),
        (["check"], 2),
        (["--help"], 0),
    ],
)
def test_a_lost_stream_changes_no_exit_code(
    arguments: list[str],
    code: int,
    which: tuple[str, ...],
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standard = Standard(monkeypatch, "utf-8")
    for name in which:
        monkeypatch.setattr(sys, name, None if how == "none" else Failing(GONE[how]))
    assert run(arguments) == code
    said = standard.err.getvalue().decode()
    assert "Traceback" not in said and "a bug of Quorate" not in said
    told = how in ("full", "input/output") and which == ("stdout",)
    prints = code < 2 or "--json" in arguments
    assert ("some of it is lost" in said) == (told and prints)


def test_an_export_that_is_lost_is_no_export(monkeypatch: pytest.MonkeyPatch) -> None:
    standard = Standard(monkeypatch, "utf-8")
    monkeypatch.setattr(sys, "stdout", Failing(GONE["full"]))
    assert run(["export", "münze.py:Münze", *SIZE]) == 2
    assert b"standard output: No space left on device" in standard.err.getvalue()


@pytest.mark.parametrize("columns", ["0", "1", "20", "1000", "wide", "-3", ""])
def test_a_width_changes_no_exit_code(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run(CHECK) == 1
    assert "nie_überall is violated: 4 states" in capsys.readouterr().out
    assert run(["check", "--help"]) == 0


SHELL = [
    pytest.param("{check} >&-", 1, marks=pytest.mark.exhaustive),
    pytest.param("{check} >&- 2>&- <&-", 1, marks=pytest.mark.exhaustive),
    ("{check} --json >/dev/full 2>&1", 1),
    ("set -o pipefail; {check} | true", 1),
    pytest.param("PYTHONIOENCODING=cp1252 {check}", 1, marks=pytest.mark.exhaustive),
    pytest.param(
        "LC_ALL=C {check} --trace t.json >&- 2>&- && exit; head -c 8 t.json | grep -q meta",
        0,
        marks=pytest.mark.exhaustive,
    ),
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(("command", "code"), SHELL, ids=str)
def test_from_a_shell(command: str, code: int) -> None:
    """What only the operating system can do to a stream."""
    quorate = Path(sys.executable).with_name("quorate")
    text = command.format(check=f"{quorate} {' '.join(CHECK)}")
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    "terminal", ["xterm-256color", pytest.param("dumb", marks=pytest.mark.exhaustive)]
)
def test_on_a_terminal(terminal: str) -> None:
    """Progress and colours, too, are ASCII where that is asked for."""
    main, secondary = pty.openpty()
    code = (
        f"from quorate.checker.cli.main import run; raise SystemExit(run({[*CHECK, '--ascii']!r}))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=secondary,
        stderr=secondary,
        env={**os.environ, "TERM": terminal, "COLUMNS": "100"},
    )
    os.close(secondary)
    printed = b""
    with contextlib.suppress(OSError):  # so does Linux say that the other side is closed
        while data := os.read(main, 4096):
            printed += data
    os.close(main)
    assert process.wait() == 1
    assert b"is violated: 4 states" in printed and printed.isascii()
