"""Running what the documentation shows: Python blocks, and console sessions with their output."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from quorate.checker.cli.main import run

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(\w*)(?: +title=(\S+))?( +slow)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REFUSED = (2, 3)  # exit codes: bad input, a mistake in the model
# What differs between two runs of the same command: times, speeds, process ids, folders.
VOLATILE = (
    (re.compile(r"\b\d+(\.\d+)? s\b"), "N s"),
    (re.compile(r"\b\d+(\.\d+)? M/s"), "N M/s"),
    (re.compile(r"pid \d+"), "pid N"),
    (re.compile(r"[ ]+$", re.MULTILINE), ""),
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, a file name if it is a file to write, its text, its line.

    A slow one is run by `make test-exhaustive` only.
    """

    language: str
    title: str | None
    slow: bool
    text: str
    line: int


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a Markdown file, in order."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(m[1], m[2], m[3] is not None, m[4], text.count("\n", 0, m.start()) + 1)
        for m in FENCE.finditer(text)
    ]


def settled(text: str) -> str:
    """Output without what differs between runs."""
    for pattern, replacement in VOLATILE:
        text = pattern.sub(replacement, text)
    return text.strip()


def sessions(text: str) -> list[tuple[str, str]]:
    """The commands of a console block (lines after `$ `), each with the output shown below it."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif found:
            command, output = found[-1]
            found[-1] = (command, f"{output}{line}\n")
    return found


def run_command(command: str, folder: Path) -> str:
    """Standard output of a command, and its standard error after it where input was refused.

    Other standard error is progress, which depends on the machine. `quorate` itself runs in this
    process, which saves its start; what follows it in a pipe, and all else, runs in a shell.
    """
    first, _, rest = command.partition(" | ")
    name, *arguments = shlex.split(first)
    if name != "quorate":
        return _shell(command, folder)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(arguments)
    printed = _shell(rest, folder, out.getvalue()) if rest else out.getvalue()
    return printed + (err.getvalue() if code in REFUSED else "")


def _shell(command: str, folder: Path, given: str = "") -> str:
    """Standard output of a shell command, given this standard input. Its Python is this one."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        input=given,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def matches(shown: str, printed: str) -> bool:
    """Whether output is as shown; a line `...` in what is shown stands for any lines."""
    lines = (
        r"(?:.*\n)?" if line == "..." else re.escape(line) + r"\n" for line in shown.splitlines()
    )
    return re.fullmatch("".join(lines), f"{printed}\n", re.DOTALL) is not None
