"""What lines say, checked against the model: its actions, variables, cells, messages, values.

Values are JSON, or those of `quorate.traces`, read by the model's types. What the model does not
have at all makes a line unreadable; what it would have at larger sizes is beyond it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from quorate.checker.tracing.values import show_value
from quorate.model.language.declare.sorts import Sort
from quorate.model.language.declare.types import (
    BoolType,
    IntType,
    MapType,
    Message,
    MessagesType,
    NatType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
    key_values,
)
from quorate.model.language.ir import core as c
from quorate.traces import FrozenMap, Record, Value, show
from quorate.traces.values import show_key

from .line import Beyond, Happening, Says, Unreadable

_CELL = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")
_LENGTH = re.compile(r"len\((.+)\)")
_NUMBERED = re.compile(r"([A-Za-z_]*?)(\d+)")

Arguments = tuple[tuple[str, Value], ...]
Called = tuple[str, Arguments]


@dataclass(frozen=True, slots=True)
class Said:
    """A line, checked, with values of traces. A whole variable has the key `WHOLE`."""

    events: tuple[Called, ...] | None
    maybe: bool
    blocked: bool
    cells: tuple[tuple[str, Value, Value], ...]
    received: frozenset[Value]
    sent: frozenset[Value]
    holds: tuple[Called, ...]

    @property
    def compares(self) -> bool:
        """Whether it says anything at all."""
        return bool(self.events or self.cells or self.received or self.sent or self.holds)


WHOLE = ("whole",)
"""The key that a variable has that is no map."""


class ModelTerms:
    """The model's terms. Make it, and use it, inside the sizes."""

    def __init__(
        self, description: c.Description, defines: Mapping[str, Mapping[str, Type]]
    ) -> None:
        self.description = description
        self.actions = {
            a.name: {p.var.name: p.var.type for p in a.parameters} for a in description.actions
        }
        self.defines = defines
        self._names: dict[Type, dict[Value, None]] = {}
        self._known: dict[str, Said] = {}
        self._keys: dict[MapType, dict[str, Value]] = {}

    @cached_property
    def messages(self) -> MessagesType | None:
        """The type of the variable that holds the messages."""
        found = (v.type for v in self.description.variables)
        return next((t for t in found if isinstance(t, MessagesType)), None)

    def process(self, name: str) -> None:
        """Check that a name is some element's. Raises Beyond, Unreadable."""
        sorts = [s for s in self.description.protocol.sorts().values() if issubclass(s, Sort)]
        known = [show_value(e) for s in sorts for e in s]
        if name not in known:
            for sort in sorts:
                if _is_further(sort, name, known):
                    raise Beyond(f"{name} is not in the model, with {sort.__name__}={len(sort)}")
            raise Unreadable(f"found the node {name!r}, expected one of {_listed(known)}")

    def statement(self, line: Says) -> Said:
        """A line, checked, once for all that say the same. Raises Beyond, Unreadable."""
        said = (
            line.events,
            line.maybe,
            line.blocked,
            line.values,
            line.received,
            line.sent,
            line.holds,
        )
        key = repr(said)
        if key not in self._known:
            self._known[key] = self._checked(line)
        return self._known[key]

    def _checked(self, line: Says) -> Said:
        events = None
        if line.events is not None:
            events = tuple(self._called(e, self.actions, "action") for e in line.events)
        cells: dict[tuple[str, Value], Value] = {}
        for name, value in line.values.items():
            for key, read in self._cells(name, value):
                if cells.setdefault(key, read) != read:
                    place = place_of(*key)
                    raise Unreadable(
                        f"found two values of {place}, {show(cells[key])} and {show(read)}"
                    )
        return Said(
            events,
            line.maybe or not events,
            line.blocked,
            tuple((name, key, value) for (name, key), value in cells.items()),
            frozenset(map(self.message, line.received)),
            frozenset(map(self.message, line.sent)),
            tuple(self._called(h, self.defines, "predicate") for h in line.holds),
        )

    def _called(
        self, happening: Happening, known: Mapping[str, Mapping[str, Type]], what: str
    ) -> Called:
        name, args = happening
        if name not in known:
            raise Unreadable(f"found the {what} {name}, which {self.lacks(name, known)}")
        wanted = known[name]
        for arg in args:
            if arg not in wanted:
                model = f"{name}, which {_choice(arg, wanted, 'takes')}"
                raise Unreadable(f"found the argument {arg} of {model}")
        read = [
            (n, self._within(f"{n} of {name}", args[n], t, partial=True))
            for n, t in wanted.items()
            if n in args
        ]
        return name, tuple(read)

    def lacks(self, name: str, known: Iterable[str]) -> str:
        """That the model does not have a name, and which it has."""
        return f"{self.description.name} does not have; {_choice(name, known, 'it has')}"

    def _cells(self, name: str, value: Any) -> list[tuple[tuple[str, Value], Value]]:
        variables = self.description.by_name
        if match := _LENGTH.fullmatch(name):
            return self._length(match[1], value)
        if (match := _CELL.fullmatch(name)) and match[1] in variables:
            t = variables[match[1]].type
            if not isinstance(t, MapType):
                raise Unreadable(f"found {name}, but {match[1]} is no map, it is a {t}")
            key = self._key(match[1], match[2], t)
            return [((match[1], key), self._within(name, value, t.value))]
        if name not in variables:
            raise Unreadable(f"found the variable {name}, which {self.lacks(name, variables)}")
        t = variables[name].type
        if isinstance(t, MessagesType):
            if not isinstance(value, (list, tuple, set, frozenset)):
                raise Unreadable(f"{name}: found {_json(value)}, expected an array of messages")
            whole = (self.message(m, partial=False) for m in value)
            return [((name, WHOLE), frozenset(whole))]
        if not isinstance(t, MapType):
            return [((name, WHOLE), self._within(name, value, t))]
        if not isinstance(value, (dict, FrozenMap)):
            raise Unreadable(f"{name}: found {_json(value)}, expected an object by {_keys_of(t)}")
        found = []
        for k, v in value.items():
            key = self._key(name, k, t)
            found.append(((name, key), self._within(place_of(name, key), v, t.value)))
        return found

    def _length(self, place: str, value: Any) -> list[tuple[tuple[str, Value], Value]]:
        """The length of a sequence, in a variable or a cell."""
        match = _CELL.fullmatch(place)
        name = match[1] if match else place
        if name not in self.description.by_name:
            raise Unreadable(
                f"found the variable {name}, which {self.lacks(name, self.description.by_name)}"
            )
        t: Type = self.description.variable(name).type
        key: Value = WHOLE
        if match:
            if not isinstance(t, MapType):
                raise Unreadable(f"found {place}, but {name} is no map, it is a {t}")
            key, t = self._key(name, match[2], t), t.value
        return [((f"len({name})", key), self._count(f"len({place})", value, t))]

    def _count(self, place: str, value: Any, t: Type) -> int:
        if not isinstance(t, SeqType):
            raise Unreadable(f"{place}: it is a {t}, which has no length")
        found: int = self._within(place, value, t.length)  # type: ignore[assignment]
        return found

    def _key(self, name: str, key: Any, t: MapType) -> Value:
        if t not in self._keys:
            self._keys[t] = {show_key(v): v for v in map(show_value, key_values(t.keys))}
        text = re.sub(r"\s*,\s*", ",", key.strip()) if isinstance(key, str) else show_key(key)
        if text in self._keys[t]:
            return self._keys[t][text]
        parts = text.split(",")
        if len(parts) != len(t.keys):
            raise Unreadable(f"found {name}[{text}], expected a key by {_keys_of(t)}")
        for part, kind in zip(parts, t.keys, strict=True):
            self._within(f"the key of {name}", int(part) if part.isdigit() else part, kind)
        raise Unreadable(f"found {name}[{text}], expected one of {', '.join(self._keys[t])}")

    def message(self, m: Any, *, partial: bool = True) -> Value:
        """A message, or what is known of one, if it may be partial. Raises Beyond, Unreadable."""
        t = self.messages
        if t is None:
            raise Unreadable(f"found a message, but {self.description.name} has no messages")
        names = {r.__name__: r for r in t.messages}
        tag = m.tag if isinstance(m, Record) else m.get("tag") if isinstance(m, dict) else None
        if tag not in names:
            found = _json(m) if tag is None else f"a message {_json(tag)}"
            raise Unreadable(f'found {found}, expected a "tag" of {", ".join(names)}')
        return self._record(m, RecordType(names[tag]), partial=partial)

    def _within(self, place: str, value: Any, t: Type, *, partial: bool = False) -> Value:
        try:
            if partial and isinstance(t, RecordType) and isinstance(value, (dict, Record)):
                return self._record(value, t, partial=issubclass(t.record, Message))
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
            case RecordType(), (dict() | Record()):
                return self._record(v, t)
        return self._named(v, t)

    def _plain_name(self, v: Any) -> str:
        if not isinstance(v, str):
            raise Unreadable(f"found {_json(v)}, expected the name of an element")
        return v

    def _map(self, v: Mapping[Any, Any], t: MapType, inner: Type) -> Value:
        found = {self._key("it", k, t): self.value(x, inner) for k, x in v.items()}
        missing = [text for text, key in self._keys.get(t, {}).items() if key not in found]
        if missing or not found:
            raise Unreadable(f"found a map without {', '.join(missing) or 'keys'}, expected a {t}")
        return FrozenMap([(key, found[key]) for key in self._keys[t].values()])

    def _record(self, v: Any, t: RecordType, *, partial: bool = False) -> Value:
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
        lengths = {k: _LENGTH.fullmatch(str(k)) for k in fields} if partial else {}
        unknown = [k for k in fields if k not in t.fields and not lengths.get(k)]
        if unknown or (not partial and set(fields) != set(t.fields)):
            wanted = f"{name}({', '.join(t.fields)})"
            raise Unreadable(f"found {name}({', '.join(map(str, fields))}), expected {wanted}")
        read = [
            (n, self._within(f"{n} of {name}", fields[n], f))
            for n, f in t.fields.items()
            if n in fields
        ]
        for k in (k for k, match in lengths.items() if match):
            place, inner = f"{k} of {name}", t.fields.get(k[4:-1])
            if inner is None:
                raise Unreadable(f"found {place}, which has {', '.join(t.fields)}")
            read.append((k, self._count(place, fields[k], inner)))
        return Record(name, tuple(read))

    def _named(self, v: Any, t: Type) -> Value:
        if isinstance(t, (RecordType, SetType, SeqType, MapType, NatType, IntType, BoolType)):
            raise Unreadable(f"found {_json(v)}, expected a {t}")
        if t not in self._names:
            self._names[t] = dict.fromkeys(map(show_value, t.values()))
        known = self._names[t]
        if isinstance(v, (str, frozenset)) and v in known:
            return v
        if isinstance(t, SortType) and isinstance(v, str) and _is_further(t.sort, v, known):
            raise Beyond(f"{v} is not among {_listed(known)}, with {t}={len(list(t.sort))}")
        near = difflib.get_close_matches(v, map(str, known), 1) if isinstance(v, str) else []
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Unreadable(f"found {_json(v)}, expected one of {_listed(known)}{hint}")


def place_of(variable: str, key: Value) -> str:
    """A cell, as tables show it: `max_bal[a0]`, `len(log[s0])`."""
    if variable.startswith("len("):
        return f"len({place_of(variable[4:-1], key)})"
    return variable if key is WHOLE else f"{variable}[{show_key(key)}]"


def fits(message: Value, known: Value) -> bool:
    """Whether a message, or another value, is what is known of it."""
    if not (isinstance(message, Record) and isinstance(known, Record)):
        return message == known
    return message.tag == known.tag and common(message, known) == len(known.fields)


def common(message: Record, known: Record) -> int:
    """How many of the fields that are known a message has."""
    fields = dict(message.fields)
    return sum(
        len(fields[n[4:-1]]) == v if n.startswith("len(") else fields[n] == v  # type: ignore[arg-type]
        for n, v in known.fields
    )


def _is_further(sort: type[Sort], name: str, known: Iterable[Value]) -> bool:
    """Whether a larger model would have the element: it is named like the others."""
    match = _NUMBERED.fullmatch(name)
    if match is None or match[1] != sort.short:
        return False
    return (
        int(match[2]) >= sort.first and name == f"{match[1]}{int(match[2])}" and name not in known
    )


def _listed(known: Iterable[Value]) -> str:
    names = list(map(show, known))
    return ", ".join(names if len(names) <= 6 else [*names[:5], "…", names[-1]])


def _choice(name: str, known: Iterable[str], verb: str) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"{verb} {', '.join(known) or 'none'}"


def _keys_of(t: MapType) -> str:
    return ", ".join(map(str, t.keys))


def _json(value: Any) -> str:
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
