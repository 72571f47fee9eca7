"""Files are read whole or refused, and written whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from os import PathLike
from pathlib import Path

from quorate.traces.errors import TraceError

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
        raise TraceError(path, None, _reason(error), "a trace file that can be read") from error
    if max(size, len(data)) > largest_bytes:
        found = f"a file of {max(size, len(data))} bytes"
        raise TraceError(path, None, found, f"at most {largest_bytes}")
    return data


def write_file(path: str | PathLike[str], data: bytes) -> None:
    """Replace `path` by `data` in one step: whoever reads it sees the old file or the new one."""
    target = Path(path)
    # In the same folder, because a rename is atomic only within one file system.
    partial = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        _write_through(partial, data)
        partial.replace(target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        expected = "a place where a trace can be written"
        raise TraceError(path, None, _reason(error), expected) from error
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def _write_through(path: Path, data: bytes) -> None:
    # Exclusive creation, and synced before the rename: otherwise a power cut
    # could leave the new name on an empty file.
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _reason(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "no such file or folder"
        case IsADirectoryError():
            return "a folder"
        case PermissionError():
            return "no permission"
    return f"an error of the system ({error.strerror or error})"
