"""Checks of the files that a verb writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from quorate.checker.errors import InputError
from quorate.traces import Trace


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
