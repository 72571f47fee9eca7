"""Strict JSON for traces: every error has its place, and nothing is silently dropped."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import msgspec

from .errors import TraceError
from .values import show_name

DEEPEST = 100
"""Values of protocols are a few levels deep; far beyond this, Python's stack would end."""


class _Repeated(dict[str, Any]):
    """An object with a key that it had before; Python keeps the last value only."""


def load(data: bytes) -> Any:
    """The document in `data`. Raises TraceError for what is not JSON, or could be misread."""
    try:
        data.decode()
        # Msgspec says where JSON is malformed; only the standard library shows repeated keys.
        msgspec.json.decode(data)
        document = json.loads(data, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        found = f"the byte 0x{data[error.start]:02x}"
        raise TraceError(None, _position(data, error.start), found, "text in UTF-8") from None
    except ValueError as error:
        raise _syntax_error(data, str(error)) from None
    _check(document)
    return document


def inside(place: str, key: str | int) -> str:
    """The JSON path of a part: `states[3].x`."""
    step = f"[{key}]" if isinstance(key, int) else show_name(key)
    return f"{place}{step}" if isinstance(key, int) or not place else f"{place}.{step}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _Repeated({"": _again(pairs)})


def _again(pairs: list[tuple[str, Any]]) -> str:
    return next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)


def _check(document: Any) -> None:
    waiting: list[tuple[str, Any, int]] = [("", document, 0)]
    while waiting:
        place, node, depth = waiting.pop()
        if isinstance(node, _Repeated):
            found = f"the key {node['']!r} twice"
            raise TraceError(None, place or None, found, "each key once")
        if depth > DEEPEST:
            shown = f"{place[:40]}…"
            raise TraceError(None, shown, "values nested too deeply", f"at most {DEEPEST} levels")
        if isinstance(node, dict):
            waiting += [(inside(place, key), part, depth + 1) for key, part in node.items()]
        elif isinstance(node, list):
            waiting += [(inside(place, i), part, depth + 1) for i, part in enumerate(node)]


def _syntax_error(data: bytes, message: str) -> TraceError:
    if "truncated" in message:
        if _is_json(data):
            return TraceError(None, None, "half a surrogate pair in a text", "whole characters")
        return TraceError(None, _position(data, len(data)), "the end of the file", "more JSON")
    offset = re.search(r" ?\(byte (\d+)\)", message)
    if offset is None:
        return TraceError(None, None, message, "JSON")
    reason = message.replace(offset[0], "").removeprefix("JSON is malformed: ")
    # Msgspec counts trailing characters from the second one on.
    start = int(offset[1]) - ("trailing" in reason)
    return TraceError(None, _position(data, start), reason, "JSON")


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def _position(data: bytes, offset: int) -> str:
    before = data[:offset]
    line = before.count(b"\n") + 1
    column = offset - before.rfind(b"\n")
    return f"line {line}, column {column}"
