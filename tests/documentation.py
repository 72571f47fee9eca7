"""Running what the documentation shows: Python blocks, and console sessions with their output."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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
    """What a command prints, its standard error after it where it fails for a mistake.

    Else there is only progress on standard error, as much as the machine is slow.
    """
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + (done.stderr if done.returncode in REFUSED else "")


def matches(shown: str, printed: str) -> bool:
    """Whether output is as shown; a line `...` in what is shown stands for any lines."""
    parts = [re.escape(part.strip("\n")) for part in re.split(r"^\.\.\.$", shown, flags=re.M)]
    return re.fullmatch(r"\n?(?:.*\n)?".join(parts), printed, re.DOTALL) is not None
