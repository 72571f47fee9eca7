"""Values in the Informal Trace Format: integers as strings, sets and maps as tagged objects.

The format is Apalache's ADR 015. In files of our own every object without a
`#` tag is a record or a variant exactly as `encode` wrote it; a foreign file
follows the habits of Quint and Apalache instead, which need guessing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from .errors import TraceError
from .values import FrozenMap, Record, Value, in_order, show, show_name, sort_key

Json: TypeAlias = Any
"""What a JSON parser returns; there is nothing to say about it before it was looked at."""

NONE: Json = {"tag": "None", "value": {"#tup": []}}

_DECIMAL = re.compile(r"-?[0-9]+")  # `int` takes blanks, underscores and other digits, too.
_VARIANT = {"tag", "value"}
_FOREIGN_UNITS: tuple[Json, ...] = ({}, "u_OF_UNIT", "U_OF_UNIT")
"""Other payloads of a constant: old ones of Quint, and the only value of Apalache's type UNIT."""
_TAGS = ("#bigint", "#map", "#set", "#tup", "#unserializable")


def encode(value: Value) -> Json:
    """`value` as JSON; equal values become equal JSON, whatever order they were built in."""
    match value:
        case None:
            return NONE
        case bool() | str():
            return value
        case int():
            return {"#bigint": str(value)}
        case tuple():
            return [encode(element) for element in value]
        case frozenset():
            return {"#set": [encode(element) for element in in_order(value)]}
        case FrozenMap():
            entries = sorted(value.items(), key=lambda entry: sort_key(entry[0]))
            return {"#map": [[_encode_key(key), encode(held)] for key, held in entries]}
        case Record():
            return _encode_record(value)
    raise TraceError(None, None, f"a {type(value).__name__}", "a value of a state")


def _encode_key(key: Value) -> Json:
    if isinstance(key, tuple):
        return {"#tup": [encode(part) for part in key]}
    return encode(key)


def _encode_record(record: Record) -> Json:
    for name, _ in record.fields:
        if name.startswith("#"):
            raise TraceError(None, None, f"a field {name!r}", "no name that starts with #")
    fields = {name: encode(value) for name, value in record.fields}
    if len(fields) < len(record.fields):
        raise TraceError(None, None, f"a field of {record.tag!r} twice", "each field once")
    # A record without a type is a plain object, unless that would look like a variant.
    return {"tag": record.tag, "value": fields} if record.tag or set(fields) == _VARIANT else fields


def decode(node: Json, place: str, foreign: bool) -> Value:
    """The value that `node` stands for; TraceError, naming `place`, when it is none."""
    match node:
        case bool() | str() | int():
            return node  # Plain integers were allowed by the format until 2023.
        case list():
            return _decode_all(node, place, foreign)
        case dict():
            return _decode_object(node, place, foreign)
    raise TraceError(None, place, described(node), "a value of the trace format")


def _decode_all(nodes: list[Json], place: str, foreign: bool) -> tuple[Value, ...]:
    return tuple(decode(node, f"{place}[{i}]", foreign) for i, node in enumerate(nodes))


def _decode_object(node: dict[str, Json], place: str, foreign: bool) -> Value:
    tag = next((key for key in node if key.startswith("#")), None)
    if tag is not None:
        return _decode_tagged(tag, node, place, foreign)
    if is_variant(node):
        return _decode_variant(node["tag"], node["value"], place, foreign)
    return Record("", _decode_fields(node, place, foreign))


def _decode_tagged(tag: str, node: dict[str, Json], place: str, foreign: bool) -> Value:
    inside = f"{place}.{tag}"
    if len(node) > 1 and tag in _TAGS:
        other = next(key for key in node if key != tag)
        raise TraceError(None, place, f"the key {other!r} beside {tag}", f"{tag} alone")
    match tag, node[tag]:
        case "#bigint", str(digits):
            return _decode_integer(digits, inside)
        case "#tup", list(nodes):
            return _decode_all(nodes, inside, foreign)
        case "#set", list(nodes):
            members = _decode_all(nodes, inside, foreign)
            return frozenset(_distinct(members, "member", inside))
        case "#map", list(nodes):
            entries = [
                _decode_entry(entry, f"{inside}[{i}]", foreign) for i, entry in enumerate(nodes)
            ]
            _distinct([key for key, _ in entries], "key", inside)
            return FrozenMap(entries)
        case "#unserializable", str(text):
            return Record("unserializable", (("text", text),))
        case (("#bigint" | "#unserializable"), content):
            raise TraceError(None, inside, described(content), "a string")
        case (("#tup" | "#set" | "#map"), content):
            raise TraceError(None, inside, described(content), "a list")
    raise TraceError(None, place, f"the unknown tag {tag}", f"one of {', '.join(_TAGS)}")


def _distinct(values: Sequence[Value], what: str, place: str) -> Sequence[Value]:
    """`values`, if none of them occurs twice: of two entries, neither would be preferred."""
    seen: set[Value] = set()
    for i, value in enumerate(values):
        if value in seen:
            raise TraceError(None, f"{place}[{i}]", f"the {what} {show(value)} twice", "each once")
        seen.add(value)
    return values


def _decode_integer(digits: str, place: str) -> int:
    try:
        if _DECIMAL.fullmatch(digits):
            return int(digits)
        raise ValueError(digits)
    except ValueError:
        shown = digits if len(digits) <= 40 else f"{digits[:40]}…"
        raise TraceError(None, place, f"{shown!r}", "a decimal integer") from None


def _decode_entry(entry: Json, place: str, foreign: bool) -> tuple[Value, Value]:
    match entry:
        case [key, value]:
            return (
                decode(key, f"{place}[0]", foreign),
                decode(value, f"{place}[1]", foreign),
            )
    raise TraceError(None, place, described(entry), "a pair of a key and a value")


def _decode_variant(tag: str, content: Json, place: str, foreign: bool) -> Value:
    inside = f"{place}.value"
    constant = content == {"#tup": []} or (foreign and content in _FOREIGN_UNITS)
    if constant:
        return None if tag == "None" else Record(tag)
    if _is_plain(content) and not (foreign and is_variant(content)):
        return Record(tag, _decode_fields(content, inside, foreign))
    return Record(tag, (("value", decode(content, inside, foreign)),))


def _decode_fields(
    node: dict[str, Json], place: str, foreign: bool
) -> tuple[tuple[str, Value], ...]:
    return tuple(
        (name, decode(held, f"{place}.{show_name(name)}", foreign)) for name, held in node.items()
    )


def _is_plain(node: Json) -> bool:
    return isinstance(node, dict) and not any(key.startswith("#") for key in node)


def is_variant(node: Json) -> bool:
    """Whether `node` is an object of a tag and a value, nothing else."""
    return isinstance(node, dict) and set(node) == _VARIANT and isinstance(node["tag"], str)


def described(node: Json) -> str:
    """`node` in a few words, for an error."""
    match node:
        case None:
            return "null"
        case bool():
            return "true" if node else "false"
        case int() | float():
            return f"the number {node}"
        case str():
            return f"the text {node!r}" if len(node) <= 40 else f"a text of {len(node)} characters"
        case list():
            return f"a list of {len(node)}" if node else "an empty list"
        case dict():
            return "an object"
    return f"a {type(node).__name__}"
