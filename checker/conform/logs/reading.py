"""Log files as objects, one JSON object a line; whatever else is there is an error with its place.

A line that may have been cut is kept as such: whether a crash did it is found out later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.errors import InputError

MOST_SHOWN = 60
MOST_SAID = 500
STARTS = {
    b"\x1f\x8b": "compressed by gzip",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"\xfd7zXZ\x00": "compressed by xz",
    b"BZh": "compressed by bzip2",
    b"PK\x03\x04": "a zip archive",
    b"\xef\xbb\xbf": "text with a byte order mark",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}
"""What files are that start with these bytes, and are no JSON lines in UTF-8."""


@dataclass(frozen=True, slots=True)
class LinePlace:
    """Where a line is: its file, its number from 1, and the offset of its first byte."""

    file: str
    line: int
    byte: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}, byte {self.byte}"


@dataclass(frozen=True, slots=True)
class Written:
    """A line of a log: its object, or None where a crash may have cut it; then `torn` says how."""

    place: LinePlace
    text: str
    fields: Mapping[str, Any] | None
    torn: str = ""


def log_error(place: LinePlace, found: str, at: int = 0) -> InputError:
    """What is wrong with a line, `at` so many bytes into it."""
    byte = place.byte + at
    found = found if len(found) <= MOST_SAID else f"{found[:MOST_SAID]}…"
    said = f"{place.file}:{place.line}: byte {byte}: {found}"
    return InputError(said, place.file, place.line, at + 1)


def no_text(place: LinePlace, byte: int, at: int) -> InputError:
    """A byte in a line, `at` so many bytes into it, that is no UTF-8."""
    return log_error(place, f"found the byte 0x{byte:02x}, expected UTF-8", at)


def read_logs(paths: Sequence[Path]) -> list[list[Written]]:
    """The lines of each file. Raises InputError."""
    names = [str(p) for p in paths]
    if not names:
        raise InputError("no log is given")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{name}: is given twice", name)
    return [read_log(path) for path in paths]


def read_log(path: Path) -> list[Written]:
    """The lines of one file; a line that is cut is the last one, or marked. Raises InputError."""
    data = file_bytes(path, "a log of JSON lines")
    for start, what in STARTS.items():
        if data.startswith(start):
            place = LinePlace(str(path), 1, 0)
            raise log_error(place, f"found {what}, expected JSON lines in UTF-8")
    lines = list(_lines(str(path), data))
    if not lines:
        what = "is empty" if not data else "has blank lines only"
        raise InputError(f"{path}: {what}, expected one JSON object a line", str(path))
    return lines


def file_bytes(path: Path, what: str) -> bytes:
    """What is in a file that should be `what`, with its article. Raises InputError."""
    if path.is_dir():
        raise InputError(f"{path}: is a directory, expected {what}", str(path))
    if not path.exists():
        raise InputError(f"{path}: no such file", str(path))
    if not path.is_file():
        raise InputError(f"{path}: is not a regular file, expected {what}", str(path))
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", str(path)) from None


def _lines(file: str, data: bytes) -> Iterator[Written]:
    start = 0
    number = 0
    while start < len(data):
        number += 1
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        raw = data[start:end]
        if raw.strip(b" \t\r"):
            yield _written(LinePlace(file, number, start), raw)
        start = end + 1


def _written(place: LinePlace, raw: bytes) -> Written:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        if error.end == len(raw) and error.reason == "unexpected end of data":  # cut in a character
            return Written(place, raw.decode(errors="replace"), None, "ends inside a character")
        raise no_text(place, raw[error.start], error.start) from None
    try:
        found = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        at = len(text[: error.pos].encode())
        if _is_cut(text, error):
            return Written(place, text, None, f"ends after {len(raw)} bytes, inside a JSON object")
        raise log_error(place, _wrong(text, error), at) from None
    except (_DoubleKeyError, _NoNumberError) as error:
        raise log_error(place, f"found {error}, expected a JSON object") from None
    except (RecursionError, ValueError) as error:  # such as a number of 5,000 digits
        said = "values nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise log_error(place, f"found {said}") from None
    if not isinstance(found, dict):
        raise log_error(place, f"found {excerpt(text)}, expected a JSON object")
    return Written(place, text, found)


class _DoubleKeyError(Exception):
    pass


class _NoNumberError(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [k for k, _ in pairs]
        key = next(k for k in keys if keys.count(k) > 1)
        raise _DoubleKeyError(f'the key "{key}" twice in one object')
    return found


def _constant(name: str) -> Any:
    raise _NoNumberError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    """Whether the line could have gone on to be an object: all that is wrong is its end."""
    if not text.lstrip().startswith("{"):
        return False
    if error.msg.startswith("Unterminated string"):
        return True
    rest = text[error.pos :].strip()
    if not rest:
        return True
    starts = ("true", "false", "null")
    if error.msg.startswith("Expecting value"):
        return any(word.startswith(rest) for word in starts) or rest == "-"
    return error.msg.startswith("Invalid \\") and len(rest) < 6


def _wrong(text: str, error: json.JSONDecodeError) -> str:
    if error.msg == "Extra data":
        rest = text[error.pos :]
        hint = "; did two writers share the file?" if "{" in rest else ""
        return f"found {excerpt(rest)} behind the object, expected the end of the line{hint}"
    found = excerpt(text[error.pos :]) if error.pos < len(text) else "the end of the line"
    wanted = error.msg[0].lower() + error.msg[1:]
    if wanted.startswith("expecting "):
        return f"found {found}, expected {wanted.removeprefix('expecting ')}"
    return f"found {found}, which is no JSON: {wanted}"


def excerpt(text: str) -> str:
    """The beginning of a text, in quotes."""
    short = text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
    return f"`{''.join(c if c.isprintable() else repr(c)[1:-1] for c in short)}`"
