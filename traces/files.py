"""Files are read whole or refused, and written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path

from quorate._spelling import near_file

from .errors import TraceError

LARGEST_FILE_BYTES = 256 * 2**20
"""A counterexample is some kilobytes; beyond this, a file is not one but a mistake."""


def read_file(path: str | PathLike[str], largest_bytes: int = LARGEST_FILE_BYTES) -> bytes:
    """The bytes of `path`; TraceError when it cannot be read or is too large."""
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            # A pipe has no size: reading one byte too many tells it apart from a file that fits.
            data = file.read(largest_bytes + 1) if size <= largest_bytes else b""
    except OSError as error:
        expected = f"a trace file that can be read{near_file(Path(path), '*.json')}"
        raise TraceError(path, None, reason_of(error), expected) from error
    if max(size, len(data)) > largest_bytes:
        found = f"a file of {max(size, len(data))} bytes"
        raise TraceError(path, None, found, f"at most {largest_bytes}")
    return data


@contextmanager
def replacing(path: str | PathLike[str]) -> Iterator[Path]:
    """The path of a file to write, which takes the place of `path` when all of it is there.

    Whoever reads `path` sees the old file or the new one; after an error only the old one is left.
    What is not a file, such as /dev/stdout or a pipe, is written directly. An OSError names `path`.
    """
    target = Path(path)
    special = target.exists() and not target.is_file()
    # In the same folder, because a rename is atomic only within one file system. A link stays one.
    whole = Path(os.path.realpath(target))
    partial = whole.with_name(f".{whole.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        if special:
            yield target
        else:
            yield partial
            _synced(partial).replace(whole)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _synced(path: Path) -> Path:
    """The same path: otherwise a power cut could leave the new name on an empty file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path


def reason_of(error: OSError) -> str:
    """Why a file cannot be read or written, in a few words."""
    match error:
        case FileNotFoundError():
            return "no such file or folder"
        case IsADirectoryError():
            return "a folder"
        case PermissionError():
            return "no permission"
    return f"an error of the system ({error.strerror or error})"
