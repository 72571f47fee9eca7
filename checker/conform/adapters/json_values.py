"""The values of traces as JSON, for adapters in other languages.

An array may be a set, a sequence, a key or the entries of a map; the model's type decides. A value
that does not fit the type is passed on as it is, and rejected where it is compared.
"""

from __future__ import annotations

import json
from typing import Any

from quorate.model.language.declare.queues import Packet
from quorate.model.language.declare.types import (
    IntType,
    MapType,
    MessagesType,
    NatType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    TupleRecord,
    Type,
)
from quorate.model.language.declare.unions import UnionType
from quorate.traces import FrozenMap, Record, Value, in_order

TAG = "type"
"""The key that names a record's type."""


class JsonValueError(Exception):
    """The text says what is no value."""


def parsed(line: bytes) -> Any:
    """A line of JSON. Raises JsonValueError."""
    try:
        return json.loads(line, object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise JsonValueError(str(error)) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(k for i, (k, _) in enumerate(pairs) if k in dict(pairs[:i]))
        raise JsonValueError(f"an object has {json.dumps(twice)} twice")
    return found


def _constant(name: str) -> Any:
    raise JsonValueError(f"{name} is no JSON")


def written(value: Value) -> Any:
    """A value as JSON: sets are arrays in the order of their elements' names.

    Raises JsonValueError for a record with a field that is named like its type's key.
    """
    match value:
        case Record(tag, fields) if any(name == TAG for name, _ in fields):
            raise JsonValueError(f"a record of {tag} cannot be written: it has a field `{TAG}`")
        case Record(tag, fields):
            return {TAG: tag, **{name: written(v) for name, v in fields}}
        case FrozenMap():
            if all(isinstance(k, str) for k in value):
                return {k: written(v) for k, v in value.items()}
            return [[written(k), written(v)] for k, v in value.items()]
        case frozenset():
            return [written(v) for v in in_order(value)]
        case tuple():
            return [written(v) for v in value]
    return value


def read(found: Any, t: Type | None) -> Value:
    """JSON as a value of a type. Raises JsonValueError."""
    match found, t:
        case _, OptionType(inner):
            return None if found is None else read(found, inner)
        case float(), _:
            raise JsonValueError(f"found the number {found}, expected a whole one")
        case list(), SetType(inner):
            return frozenset(read(x, inner) for x in found)
        case list(), MessagesType():
            return frozenset(read(x, t) for x in found)
        case list(), MapType(keys, value):
            return _map([_entry(pair, keys, value) for pair in found])
        case dict(), MapType(keys, value):
            return _map([(_key(k, keys), read(v, value)) for k, v in found.items()])
        case list(), RecordType(record) if issubclass(record, TupleRecord):
            items = list(t.fields.values())
            if len(found) != len(items):
                raise JsonValueError(f"found {brief(found)}, expected an array of {len(items)}")
            return tuple(read(x, inner) for x, inner in zip(found, items, strict=True))
        case list(), SeqType(inner, _):
            return tuple(read(x, inner) for x in found)
        case list(), _:
            return tuple(read(x, None) for x in found)
        case dict(), _:
            return _record(found, t)
    plain: Value = found
    return plain


def _map(entries: list[tuple[Value, Value]]) -> FrozenMap:
    found = FrozenMap(entries)
    if len(found) < len(entries):
        raise JsonValueError("found a map that has a key twice")
    return found


def _entry(pair: Any, keys: tuple[Type, ...], value: Type) -> tuple[Value, Value]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise JsonValueError(f"found {brief(pair)} in a map, expected [key, value]")
    return _key(pair[0], keys), read(pair[1], value)


def _key(found: Any, keys: tuple[Type, ...]) -> Value:
    if len(keys) == 1:
        number = isinstance(found, str) and (
            (isinstance(keys[0], NatType) and found.isdecimal())
            or (isinstance(keys[0], IntType) and found.removeprefix("-").isdecimal())
        )
        return int(found) if number else read(found, keys[0])
    if not isinstance(found, list) or len(found) != len(keys):
        raise JsonValueError(f"found the key {brief(found)}, expected an array of {len(keys)}")
    return tuple(read(x, t) for x, t in zip(found, keys, strict=True))


def _record(found: dict[str, Any], t: Type | None) -> Record:
    tag = found.get(TAG)
    if not isinstance(tag, str):
        raise JsonValueError(f'found {brief(found)}, expected {{"{TAG}": "...", ...}}')
    known = _records(t)
    fields = known[tag].fields if tag in known else {}
    names = [*(n for n in fields if n in found), *(n for n in found if n not in fields)]
    return Record(tag, tuple((n, read(found[n], fields.get(n))) for n in names if n != TAG))


def _records(t: Type | None) -> dict[str, RecordType]:
    match t:
        case RecordType(record) if issubclass(record, Packet):
            return {name: f.inner for name, f in t.fields.items()}  # type: ignore[attr-defined]
        case RecordType(record):
            return {record.__name__: t}
        case MessagesType(messages):
            return {m.__name__: RecordType(m) for m in messages}
        case UnionType(alternatives):
            return {name: found for x in alternatives for name, found in _records(x).items()}
    return {}


def brief(found: Any) -> str:
    """A value as JSON, shortened."""
    text = json.dumps(found)
    return text if len(text) <= 60 else f"{text[:60]}..."
