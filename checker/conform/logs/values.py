"""Values as logs give them, read by the model's types.

They are JSON, or those of `quorate.traces`. What the model does not have at all is unreadable; what
it would have at larger sizes is beyond it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from quorate._spelling import nearest
from quorate.checker.tracing.values import show_value
from quorate.model.language.declare.queues import Packet
from quorate.model.language.declare.sorts import Sort
from quorate.model.language.declare.types import (
    BoolType,
    IntType,
    MapType,
    Message,
    NatType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleRecord,
    Type,
    key_values,
)
from quorate.model.language.declare.unions import UnionType
from quorate.traces import FrozenMap, Record, Value, show
from quorate.traces.values import show_key

from .line import Beyond, Unreadable

LENGTH = re.compile(r"len\((.+)\)")
_NUMBERED = re.compile(r"([A-Za-z_]*?)(\d+)")


class ModelValues:
    """Reads values. Make it, and use it, inside the sizes."""

    def __init__(self) -> None:
        self._names: dict[Type, dict[Value, None]] = {}
        self._keys: dict[MapType, dict[str, Value]] = {}

    def key(self, name: str, key: Any, t: MapType) -> Value:
        """A key of a map variable, by its text. Raises Beyond, Unreadable."""
        if t not in self._keys:
            self._keys[t] = {show_key(v): v for v in map(show_value, key_values(t.keys))}
        text = re.sub(r"\s*,\s*", ",", key.strip()) if isinstance(key, str) else show_key(key)
        if text in self._keys[t]:
            return self._keys[t][text]
        parts = text.split(",")
        if len(parts) != len(t.keys):
            raise Unreadable(f"found {name}[{text}], expected a key by {keys_of(t)}")
        for part, kind in zip(parts, t.keys, strict=True):
            self.within(f"the key of {name}", int(part) if part.isdigit() else part, kind)
        raise Unreadable(f"found {name}[{text}], expected one of {', '.join(self._keys[t])}")

    def within(self, place: str, value: Any, t: Type, *, partial: bool = False) -> Value:
        """The value of a type; what is wrong with it is said of `place`."""
        try:
            if partial and isinstance(t, RecordType) and isinstance(value, (dict, Record)):
                return self.record(value, t, partial=issubclass(t.record, Message))
            return self.value(value, t)
        except Unreadable as error:
            raise Unreadable(f"{place}: {error}") from None
        except Beyond as beyond:
            raise Beyond(f"{place}: {beyond}") from None

    def value(self, v: Any, t: Type) -> Value:
        """The value of a type. Raises Beyond, Unreadable."""
        match t, v:
            case OptionType(inner), _:
                return None if v is None else self.value(v, inner)
            case UnionType(), _:
                return self._of_union(v, t)
            case BoolType(), bool():
                return v
            case NatType(sort), int() if not isinstance(v, bool) and v >= 0:
                if sort is not None and v > (most := max(t.values())):
                    raise Beyond(f"{v} is above {most}, with {sort.__name__}={most}")
                return v
            case IntType(range_), int() if not isinstance(v, bool):
                if range_ is not None and not range_.low <= v <= range_.high:
                    raise Unreadable(f"found {v}, expected a {t}: {range_.low} to {range_.high}")
                return v
            case (SetType(element), (list() | tuple() | set() | frozenset())):
                return frozenset(self.value(x, element) for x in v)
            case QuorumType(), (list() | tuple() | set() | frozenset()):
                return self._named(frozenset(map(self._plain_name, v)), t)
            case SeqType(element, length), (list() | tuple()):
                if len(v) > (most := max(length.values())):
                    raise Beyond(f"{len(v)} entries are more than {most}, with {length}={most}")
                return tuple(self.value(x, element) for x in v)
            case MapType(_, inner), (dict() | FrozenMap()):
                return self._map(v, t, inner)
            case RecordType(record), (list() | tuple()) if issubclass(record, TupleRecord):
                if len(v) != len(t.fields):
                    raise Unreadable(f"found {shown_json(v)}, expected a {t}")
                items = zip(v, t.fields.values(), strict=True)
                return tuple(self.value(x, f) for x, f in items)
            case RecordType(record), (dict() | Record()) if issubclass(record, Packet):
                return self.record(v, self._carried(v, t))
            case RecordType(), (dict() | Record()):
                return self.record(v, t)
        return self._named(v, t)

    def _of_union(self, v: Any, t: UnionType) -> Value:
        found: list[Value] = []
        beyond: Beyond | None = None
        for alternative in t.alternatives:
            try:
                found.append(self.value(v, alternative))
            except Unreadable:
                continue
            except Beyond as error:
                beyond = error
        if not found and beyond is not None:
            raise beyond
        if len(found) != 1:
            raise Unreadable(f"found {shown_json(v)}, expected a {t}")
        return found[0]

    def _carried(self, v: Any, t: RecordType) -> RecordType:
        """The class of a message on a link, which a log shows without its packet."""
        tag = v.tag if isinstance(v, Record) else v.get("tag")
        kind = t.fields.get(tag)
        if not isinstance(kind, OptionType) or not isinstance(kind.inner, RecordType):
            raise Unreadable(f'found {shown_json(v)}, expected a "tag" of {", ".join(t.fields)}')
        return kind.inner

    def _plain_name(self, v: Any) -> str:
        if not isinstance(v, str):
            raise Unreadable(f"found {shown_json(v)}, expected the name of an element")
        return v

    def _map(self, v: Mapping[Any, Any], t: MapType, inner: Type) -> Value:
        found = {self.key("it", k, t): self.value(x, inner) for k, x in v.items()}
        missing = [text for text, key in self._keys.get(t, {}).items() if key not in found]
        if missing or not found:
            raise Unreadable(f"found a map without {', '.join(missing) or 'keys'}, expected a {t}")
        return FrozenMap([(key, found[key]) for key in self._keys[t].values()])

    def record(self, v: Any, t: RecordType, *, partial: bool = False) -> Value:
        """A record; of a message perhaps only what is known. Raises Beyond, Unreadable."""
        name = t.record.__name__
        if isinstance(v, Record):
            tag, fields = v.tag, dict(v.fields)
        else:
            tag = v.get("tag", name)
            plain = {k: x for k, x in v.items() if k != "tag" or "tag" in t.fields}
            inner = plain.get("value")
            wrapped = isinstance(inner, dict) and set(plain) == {"value"} != set(t.fields)
            fields = inner if wrapped else plain  # type: ignore[assignment]
        if tag != name:
            raise Unreadable(f"found a {tag}, expected a {name}")
        lengths = {k: LENGTH.fullmatch(str(k)) for k in fields} if partial else {}
        unknown = [k for k in fields if k not in t.fields and not lengths.get(k)]
        if unknown or (not partial and set(fields) != set(t.fields)):
            wanted = f"{name}({', '.join(t.fields)})"
            raise Unreadable(f"found {name}({', '.join(map(str, fields))}), expected {wanted}")
        read = [
            (n, self.within(f"{n} of {name}", fields[n], f))
            for n, f in t.fields.items()
            if n in fields
        ]
        for k in (k for k, match in lengths.items() if match):
            place, inner = f"{k} of {name}", t.fields.get(k[4:-1])
            if inner is None:
                raise Unreadable(f"found {place}, which has {', '.join(t.fields)}")
            read.append((k, self.count(place, fields[k], inner)))
        return Record(name, tuple(read))

    def _named(self, v: Any, t: Type) -> Value:
        if isinstance(t, (RecordType, SetType, SeqType, MapType, NatType, IntType, BoolType)):
            raise Unreadable(f"found {shown_json(v)}, expected a {t}")
        if t not in self._names:
            self._names[t] = dict.fromkeys(map(show_value, t.values()))
        known = self._names[t]
        if isinstance(v, (str, frozenset)) and v in known:
            return v
        if isinstance(t, SortType) and isinstance(v, str) and is_further(t.sort, v, known):
            raise Beyond(f"{v} is not among {listed(known)}, with {t}={len(list(t.sort))}")
        near = nearest(v, map(str, known)) if isinstance(v, str) else None
        hint = "" if near is None else f"; did you mean {near}?"
        raise Unreadable(f"found {shown_json(v)}, expected one of {listed(known)}{hint}")

    def count(self, place: str, value: Any, t: Type) -> int:
        """The length of a sequence of a type. Raises Beyond, Unreadable."""
        if not isinstance(t, SeqType):
            raise Unreadable(f"{place}: it is a {t}, which has no length")
        found: int = self.within(place, value, t.length)  # type: ignore[assignment]
        return found


def is_further(sort: type[Sort], name: str, known: Iterable[Value]) -> bool:
    """Whether a larger model would have the element: it is named like the others."""
    match = _NUMBERED.fullmatch(name)
    if match is None or match[1] != sort.short:
        return False
    return (
        int(match[2]) >= sort.first and name == f"{match[1]}{int(match[2])}" and name not in known
    )


def listed(known: Iterable[Value]) -> str:
    """Names, the middle of many left out."""
    names = list(map(show, known))
    return ", ".join(names if len(names) <= 6 else [*names[:5], "…", names[-1]])


def keys_of(t: MapType) -> str:
    """The sorts of a map's keys."""
    return ", ".join(map(str, t.keys))


def shown_json(value: Any) -> str:
    """A value of JSON in a few words."""
    match value:
        case str():
            return f"the text {value[:40]!r}"
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case list() | tuple() | set() | frozenset():
            return f"an array of {len(value)}"
        case dict() | FrozenMap():
            return "an object"
    return f"a {type(value).__name__}"
