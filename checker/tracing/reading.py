"""From a trace's values back to the states of a model: names to elements, checked on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from quorate.model.language import FrozenMap
from quorate.model.language.declare.queues import Packet
from quorate.model.language.declare.types import (
    BoolType,
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
    key_values,
)
from quorate.model.language.declare.unions import UnionType
from quorate.model.language.interpreter import State
from quorate.model.language.ir import core as c
from quorate.traces import FrozenMap as TraceMap
from quorate.traces import Record as TraceRecord
from quorate.traces import Value, show

from .values import show_value


class NotAValueError(Exception):
    """A value of a trace that the model's type does not have."""


class TraceReader:
    """Reads values at the active sizes."""

    def __init__(self) -> None:
        self._named: dict[Type, dict[Value, Any]] = {}
        self._keys: dict[MapType, dict[Value, Any]] = {}

    def value(self, v: Value, t: Type) -> Any:
        """The value of type t that a trace's value stands for. Raises NotAValueError."""
        match t, v:
            case OptionType(inner), _:
                return None if v is None else self.value(v, inner)
            case UnionType(alternatives), _:
                return self._of_union(v, t, alternatives)
            case BoolType(), bool():
                return v
            case NatType() | IntType(), int() if not isinstance(v, bool):
                return v
            case SetType(element), frozenset():
                return frozenset(self.value(x, element) for x in v)
            case SeqType(element, _), tuple():
                return tuple(self.value(x, element) for x in v)
            case MapType(_, inner), TraceMap():
                return FrozenMap(self._cells(v, t, inner))
            case RecordType(record), TraceRecord() if issubclass(record, Packet):
                return record.of(self._of_packet(v, t))
            case RecordType(record), tuple() if issubclass(record, TupleRecord):
                if len(v) == len(t.fields):
                    pairs = zip(v, t.fields.values(), strict=True)
                    return record(*[self.value(x, f) for x, f in pairs])
            case RecordType(record), TraceRecord(tag=tag) if tag == record.__name__:
                fields = dict(v.fields)
                if set(fields) == set(t.fields):
                    return record(*[self.value(fields[n], f) for n, f in t.fields.items()])
        named = self._elements(t)
        if v in named:
            return named[v]
        raise NotAValueError(f"found {show(v)}, expected {_expected(t, named)}")

    def _of_union(self, v: Value, t: Type, alternatives: Iterable[Type]) -> Any:
        found = []
        for alternative in alternatives:
            with suppress(NotAValueError):
                found.append(self.value(v, alternative))
        if len(found) != 1:
            what = "which may be of several of its types" if found else "which is of none"
            raise NotAValueError(f"found {show(v)}, expected a {t}, {what}")
        return found[0]

    def _of_packet(self, v: Value, t: RecordType) -> Any:
        classes = [f.inner.record for f in t.fields.values()]  # type: ignore[attr-defined]
        return self.message(v, MessagesType(tuple(classes)))

    def _elements(self, t: Type) -> dict[Value, Any]:
        named = self._named.get(t)
        if named is None:
            others = (RecordType, SetType, SeqType, MapType, NatType, IntType, BoolType)
            values = () if isinstance(t, others) else t.values()
            named = self._named[t] = {show_value(x): x for x in values}
        return named

    def _cells(self, v: TraceMap, t: MapType, inner: Type) -> list[tuple[Any, Any]]:
        keys = self._keys.get(t)
        if keys is None:
            keys = self._keys[t] = {show_value(k): k for k in key_values(t.keys)}
        if set(v) != keys.keys():
            wanted = ", ".join(map(show, keys))
            raise NotAValueError(f"found the keys {_listed(v)}, expected {wanted}")
        return [(key, self.value(v[name], inner)) for name, key in keys.items()]

    def state(self, description: c.Description, shown: Mapping[Any, Value]) -> State:
        """The state that a trace shows. Raises NotAValueError naming the variable."""
        values: list[Any] = []
        for variable in description.variables:
            if variable.name not in shown:
                raise NotAValueError(f"{variable.name}: found nothing, expected a {variable.type}")
            try:
                values.append(self._variable(variable.type, shown[variable.name]))
            except NotAValueError as error:
                raise NotAValueError(f"{variable.name}: {error}") from None
        for kind in description.protocol.budgets():
            left = shown.get(f"{kind}_budget", 0)
            values.append(left if isinstance(left, int) else 0)
        return tuple(values)

    def _variable(self, t: Type, v: Value) -> Any:
        if isinstance(t, MessagesType):
            if not isinstance(v, frozenset):
                raise NotAValueError(f"found {show(v)}, expected a set of messages")
            return frozenset(self.message(m, t) for m in v)
        found = self.value(v, t)
        return tuple(found.values()) if isinstance(t, MapType) else found

    def message(self, m: Value, t: MessagesType) -> Any:
        """The message that a trace's record stands for. Raises NotAValueError."""
        for record in t.messages:
            if isinstance(m, TraceRecord) and m.tag == record.__name__:
                return self.value(m, RecordType(record))
        names = ", ".join(r.__name__ for r in t.messages)
        raise NotAValueError(f"found {show(m)}, expected one of {names}")


def _expected(t: Type, named: dict[Value, Any]) -> str:
    return f"one of {', '.join(map(show, named))}" if named else f"a {t}"


def _listed(keys: Iterable[Value]) -> str:
    """Some keys, and how many more there are."""
    shown = [*map(show, keys)]
    more = f", and {len(shown) - MOST_SHOWN:,} more" if len(shown) > MOST_SHOWN else ""
    return (", ".join(shown[:MOST_SHOWN]) or "none") + more


MOST_SHOWN = 20
