"""What lines say, checked against the model: its actions, variables, cells, messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from quorate._spelling import instead
from quorate.checker.tracing.values import show_value
from quorate.model.language.declare.queues import fifo_of
from quorate.model.language.declare.sorts import Sort
from quorate.model.language.declare.types import MapType, MessagesType, RecordType, Type
from quorate.model.language.ir import core as c
from quorate.traces import FrozenMap, Record, Value, show

from .line import Beyond, Happening, Says, Unreadable
from .said import WHOLE, Called, Said, place_of
from .values import LENGTH, ModelValues, is_further, keys_of, listed, shown_json

_CELL = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")


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
        self._known: dict[str, Said] = {}
        self.values = ModelValues()

    @cached_property
    def messages(self) -> dict[str, type[Any]]:
        """The classes of the messages by their names, of all variables that hold some."""
        types = (v.type for v in self.description.variables)
        held = (t.messages for t in types if isinstance(t, MessagesType))
        return {m.__name__: m for classes in held for m in classes}

    def process(self, name: str) -> None:
        """Check that a name is some element's. Raises Beyond, Unreadable."""
        sorts = [s for s in self.description.protocol.sorts().values() if issubclass(s, Sort)]
        known = [show_value(e) for s in sorts for e in s]
        if name not in known:
            for sort in sorts:
                if is_further(sort, name, known):
                    raise Beyond(f"{name} is not in the model, with {sort.__name__}={len(sort)}")
            raise Unreadable(f"found the node {name!r}, expected one of {listed(known)}")

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
                model = f"{name}, which {instead(arg, wanted, 'takes')}"
                raise Unreadable(f"found the argument {arg} of {model}")
        read = [
            (n, self.values.within(f"{n} of {name}", args[n], t, partial=True))
            for n, t in wanted.items()
            if n in args
        ]
        return name, tuple(read)

    def lacks(self, name: str, known: Iterable[str]) -> str:
        """That the model does not have a name, and which it has."""
        return f"{self.description.name} does not have; {instead(name, known)}"

    def _cells(self, name: str, value: Any) -> list[tuple[tuple[str, Value], Value]]:
        variables = self.description.by_name
        if match := LENGTH.fullmatch(name):
            return self._length(match[1], value)
        if (match := _CELL.fullmatch(name)) and match[1] in variables:
            t = variables[match[1]].type
            if not isinstance(t, MapType):
                raise Unreadable(f"found {name}, but {match[1]} is no map, it is a {t}")
            key = self.values.key(match[1], match[2], t)
            return [((match[1], key), self.values.within(name, value, t.value))]
        if name not in variables:
            raise Unreadable(f"found the variable {name}, which {self.lacks(name, variables)}")
        t = variables[name].type
        if isinstance(t, MessagesType):
            if not isinstance(value, (list, tuple, set, frozenset)):
                raise Unreadable(
                    f"{name}: found {shown_json(value)}, expected an array of messages"
                )
            whole = (self.message(m, partial=False) for m in value)
            return [((name, WHOLE), frozenset(whole))]
        if not isinstance(t, MapType):
            return [((name, WHOLE), self.values.within(name, value, t))]
        if not isinstance(value, (dict, FrozenMap)):
            raise Unreadable(
                f"{name}: found {shown_json(value)}, expected an object by {keys_of(t)}"
            )
        found = []
        for k, v in value.items():
            key = self.values.key(name, k, t)
            found.append(((name, key), self.values.within(place_of(name, key), v, t.value)))
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
            key, t = self.values.key(name, match[2], t), t.value
        return [((f"len({name})", key), self.values.count(f"len({place})", value, t))]

    def message(self, m: Any, *, partial: bool = True) -> Value:
        """A message, or what is known of one, if it may be partial. Raises Beyond, Unreadable."""
        names = self.messages
        if not names:
            links = any(fifo_of(v.type) for v in self.description.protocol.variables().values())
            has = "has them on links: say what a link holds" if links else "has no messages"
            raise Unreadable(f"found a message, but {self.description.name} {has}")
        tag = m.tag if isinstance(m, Record) else m.get("tag") if isinstance(m, dict) else None
        if tag not in names:
            found = shown_json(m) if tag is None else f"a message {shown_json(tag)}"
            raise Unreadable(f'found {found}, expected a "tag" of {", ".join(names)}')
        return self.values.record(m, RecordType(names[tag]), partial=partial)
