"""Checks of the files that a verb writes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from quorate.checker.errors import InputError
from quorate.checker.lazily import lazily

if TYPE_CHECKING:
    from quorate import traces
    from quorate.traces import Trace
else:
    traces = lazily("quorate.traces")


def writable(path: Path | None) -> None:
    """Make sure before a long search that its result can be written. Raises InputError."""
    if path is None:
        return
    folder = Path(os.path.realpath(path)).parent if path.is_symlink() else path.parent
    if path.is_dir():
        raise InputError(f"{path}: is a directory, expected a file to write", str(path))
    if path.exists() and not path.is_file():
        return  # /dev/stdout, a pipe: it is not replaced
    if not folder.is_dir():
        raise InputError(f"{folder}: no such directory to write {path.name} in", str(folder))
    probe = folder / f".{path.name}.probe"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{folder}: cannot write here: {error.strerror}", str(folder)) from None


def numbered(path: Path, number: int) -> Path:
    """The file for one of several traces: `run.itf.json`, `run-2.itf.json`, and so on."""
    if number == 1:
        return path
    stem, dot, rest = path.name.partition(".")
    return path.with_name(f"{stem}-{number}{dot}{rest}")


def write_traces(found: Mapping[str, Trace], path: Path) -> tuple[dict[str, Path], list[str]]:
    """Write each trace to a file of its own; these files, and remarks.

    The first is written to `path`. A file of another name is replaced if it holds a trace.
    """
    written: dict[str, Path] = {}
    said: list[str] = []
    for number, (name, trace) in enumerate(found.items(), start=1):
        file = numbered(path, number)
        there = number > 1 and file.exists()
        if there and not _holds_trace(file):
            said.append(f"{file} holds no trace: it is left as it was, and {name} is not written")
            continue
        traces.write_itf(trace, file)
        written[name] = file
        said.append(f"trace written to {file}" + (", which was there before" if there else ""))
    older = numbered(path, max(2, len(found) + 1))
    if older.exists():
        said.append(f"{older} is older, and left as it was")
    return written, said


def _holds_trace(file: Path) -> bool:
    try:
        traces.read_itf(file)
    except traces.TraceError:
        return False
    return True


def unwritten(trace: Trace | None, path: Path | None) -> Iterator[str]:
    """A remark that there is no trace, so that an older file is not taken for it."""
    if trace is None and path is not None:
        left = "is left as it was" if path.exists() else "was not written"
        yield f"there is no trace: {path} {left}"


def test_written(tests: int, path: Path) -> str:
    """What was made of a file for tests."""
    if tests:
        return f"test written to {path}"
    left = "is left as it was" if path.exists() else "was not written"
    return f"there is nothing to test: {path} {left}"
