"""Cells that follow from the messages sent, so that a state need not hold them.

Where every write to a variable goes with the sending of a message that shows what is written, the
variable holds what the message of the highest rank (ballot, say) shows, or what it held at first
if there is none; and so does a later message that reports it. `candidates` guesses this from the
text of the actions; explore/reduction/derived.py has it proved before anybody relies on it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from quorate.model.language.declare.types import (
    MapType,
    Message,
    MessagesType,
    NatType,
    OptionType,
    Record,
    RecordType,
    SortType,
    Type,
    key_values,
)
from quorate.model.language.ir import core as c

from .nodes import Bool, Node, Scalar
from .values import Present, Value

if TYPE_CHECKING:
    from .layout import Column, Layout, MessageColumn

MOST_GUESSES = 16  # for one variable, or one message class


@dataclass(frozen=True)
class Source:
    """Messages of one class that show values: those whose fields `match` the keys of the cell.

    `match` pairs a field with the position of a key. `shown` has a field for each part shown, or
    the constant that the message stands for, as a literal. `rank` is the field that says which
    message counts, where there are several.
    """

    record: type[Record]
    match: tuple[tuple[str, int], ...]
    rank: str | None
    shown: tuple[str | c.Lit, ...]

    def fields(self) -> set[str]:
        """The fields that are looked at."""
        shown = {s for s in self.shown if isinstance(s, str)}
        return shown | {f for f, _ in self.match} | ({self.rank} if self.rank else set())


@dataclass(frozen=True)
class Dependency:
    """What cells hold: what the message of the highest rank shows, `initial` if there is none.

    The cells are those of `variable`. Or, with `reported`, the payloads of that message class, of
    which `initial` gives the fields; there, only ranks below the key field `below` count.
    """

    variable: str
    messages: str
    sources: tuple[Source, ...]
    initial: tuple[Any, ...]
    reported: type[Record] | None = None
    below: str | None = None

    def __str__(self) -> str:
        return ", ".join(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The variable, or the fields reported."""
        if self.reported is None:
            return (self.variable,)
        keys, fields = keys_of(self.reported), self.reported.field_types()
        return tuple(f"{self.reported.__name__}.{f}" for f in fields if f not in keys)

    @property
    def target(self) -> Any:
        """What the dependency is about: of several, at most one is used."""
        return self.variable if self.reported is None else self.reported


def keys_of(record: type[Record]) -> tuple[str, ...]:
    """The fields that make up the key of a message, in their order; of which without `key=` all."""
    key = record.key if issubclass(record, Message) else None
    return tuple(f for f in record.field_types() if key is None or f in key)


def by_messages(determined: Iterable[Dependency]) -> dict[str, tuple[str, ...]]:
    """For each messages variable, the names of what follows from it."""
    found: dict[str, tuple[str, ...]] = {}
    for d in determined:
        found[d.messages] = (*found.get(d.messages, ()), *d.names)
    return found


# ---------------------------------------------------------------- in ground form


class Formulas:
    """The ground value of each cell that a dependency determines; each made once."""

    def __init__(self, layout: Layout, dependency: Dependency) -> None:
        self.layout, self.g, self.dependency = layout, layout.graph, dependency
        self._made: dict[int, list[Scalar]] = {}

    def attach(self) -> None:
        """Take the bits of the cells away, and let loads of them give their formulas."""
        d = self.dependency
        if d.reported is None:
            for k, column in enumerate(self.layout.parts[d.variable]):
                column.determine(partial(self._part, column, k))
        else:
            self.layout.messages[d.messages, d.reported].determine(
                partial(self._part, self.layout.messages[d.messages, d.reported].column, 0)
            )

    def _part(self, column: Column, k: int, index: Scalar) -> Scalar:
        """Part k of the cell at an index."""
        if isinstance(index, Node):
            found: Scalar = 0
            for i in reversed(range(min(column.count, index.size))):
                found = self.g.select(self.g.eq(index, i), self._part(column, k, i), found)
            return found
        if index not in self._made:
            self._made[index] = list(self._parts(index))
        return self._made[index][k]

    def _parts(self, index: int) -> Iterator[Scalar]:
        d, g, values = self.dependency, self.g, self.layout.values
        keys, limit = self._place(index)
        by_value: dict[tuple[int, tuple[Value, ...]], list[Bool]] = {}
        for source in d.sources:
            for rank, values_shown, was_sent in self._sent(source, keys, limit):
                by_value.setdefault((rank, values_shown), []).append(was_sent)
        ordered = sorted(by_value.items(), key=lambda item: item[0][0])
        if d.reported is not None:
            column = self.layout.messages[d.messages, d.reported]
            number: Scalar = column.payload_number(self._initial())
            for (_, shown), sent in ordered:
                number = g.select(g.or_(sent), column.payload_number(shown), number)
            yield number
            return
        (value,), (t,) = self._initial(), self._types()
        for (_, (new,)), sent in ordered:
            value = values.choose(g.or_(sent), new, value, t)
        yield from values.parts(value, t)

    def _types(self) -> list[Type]:
        d, layout = self.dependency, self.layout
        if d.reported is None:
            return [layout.keyed(layout.description.variable(d.variable))[1]]
        keys = keys_of(d.reported)
        return [t for f, t in d.reported.field_types().items() if f not in keys]

    def _initial(self) -> tuple[Value, ...]:
        pairs = zip(self.dependency.initial, self._types(), strict=True)
        return tuple(self.layout.values.constant(v, t) for v, t in pairs)

    def _place(self, index: int) -> tuple[list[Any], Any]:
        """The codes of the keys of a cell, and the code that ranks must be below, or None."""
        d, layout = self.dependency, self.layout
        if d.reported is not None:
            coded = _coded(layout.messages[d.messages, d.reported], index, 0)
            return [coded[f] for f in keys_of(d.reported)], coded[d.below] if d.below else None
        v = layout.description.variable(d.variable)
        if not isinstance(v.type, MapType):
            return [], None
        row = list(itertools.product(*(key_values((k,)) for k in v.type.keys)))[index]
        constant, code = layout.values.constant, layout.values.code
        return [code(constant(k, t), t) for k, t in zip(row, v.type.keys, strict=True)], None

    def _sent(
        self, source: Source, keys: list[Any], limit: Any
    ) -> Iterator[tuple[int, tuple[Value, ...], Bool]]:
        """The messages that count for a cell: rank, values shown, and whether one was sent.

        Messages in one cell that show the same are one test of that cell.
        """
        column = self.layout.messages[self.dependency.messages, source.record]
        only_keys = source.fields() <= set(keys_of(source.record))
        for index in range(column.keys):
            masks: dict[tuple[int, tuple[Value, ...]], int] = {}
            for payload in range(1 if only_keys else column.payloads):
                coded = _coded(column, index, payload)
                rank = 0 if source.rank is None else coded[source.rank]
                if limit is not None and rank >= limit:
                    continue
                if all(coded[f] == keys[k] for f, k in source.match):
                    shown = self._values(source, column, index, payload)
                    masks[rank, shown] = masks.get((rank, shown), 0) | 1 << (payload + 1)
            for (rank, shown), mask in masks.items():
                if only_keys:
                    sent = self.g.not_(self.g.isin(self.g.load(column.kept, index), 1))
                else:
                    sent = self.g.isin(self.g.load(column.column, index), mask)
                yield rank, shown, sent

    def _values(
        self, source: Source, column: MessageColumn, index: int, payload: int
    ) -> tuple[Value, ...]:
        """What a message shows; a field of type T is shown as `T | None` where that is wanted."""
        values = self.layout.values
        names = [s.name for s in column.spaces]
        fields = column.fields(index, payload)
        found: list[Value] = []
        for shown, wanted in zip(source.shown, self._types(), strict=True):
            if isinstance(shown, c.Lit):
                found.append(values.constant(shown.value, wanted))
                continue
            i = names.index(shown)
            value, t = fields[i], column.spaces[i].type
            if t != wanted:  # wanted is `T | None`
                value = (
                    self.g.add(values.code(value, t), 1)
                    if values.is_scalar(wanted)
                    else Present(True, value)
                )
            found.append(value)
        return tuple(found)


def _coded(column: MessageColumn, index: int, payload: int) -> Mapping[str, Any]:
    """The codes of the fields of a message."""
    fields = column.fields(index, payload)
    pairs = zip(column.spaces, fields, strict=True)
    return {s.name: column.values.code(v, s.type) for s, v in pairs}


# ---------------------------------------------------------------- guesses


def candidates(description: c.Description) -> dict[Any, list[Dependency]]:
    """For each variable and message class that may follow from messages: guesses, best first."""
    found: dict[Any, list[Dependency]] = {}
    for v in description.variables:
        if not isinstance(v.type, MessagesType):
            guesses = list(itertools.islice(_of_variable(description, v.name), MOST_GUESSES))
            if guesses:
                found[v.name] = guesses
    for v in description.variables:
        for record in v.type.messages if isinstance(v.type, MessagesType) else ():
            guesses = list(
                itertools.islice(_of_report(description, v.name, record, found), MOST_GUESSES)
            )
            if guesses:
                found[record] = guesses
    return found


def _of_variable(description: c.Description, name: str) -> Iterator[Dependency]:
    """Guesses for a variable: no action but sends, in the same step, what it writes there."""
    variable = description.variable(name)
    sources: dict[tuple[str, type[Record]], set[Source]] = {}
    for action in description.actions:
        for effect in action.effects:
            if not isinstance(effect, c.Write) or effect.variable != name:
                continue
            shown = [
                (send.variable, source)
                for send in action.effects
                if isinstance(send, c.Send)
                and send.when == effect.when
                and not send.binders
                and not effect.binders
                and (source := _showing(effect, send, _cell(variable.type))) is not None
            ]
            if not shown:
                return
            for messages, source in shown:
                sources.setdefault((messages, source.record), set()).add(source)
    if len({messages for messages, _ in sources}) != 1 or any(len(s) > 1 for s in sources.values()):
        return
    messages = next(messages for messages, _ in sources)
    for ranked in _rankings([s for (s,) in sources.values()]):
        yield Dependency(name, messages, ranked, (variable.initial,))


def _cell(t: Type) -> Type:
    return t.value if isinstance(t, MapType) else t


def _showing(write: c.Write, send: c.Send, wanted: Type) -> Source | None:
    """How a message shows what a write writes: the keys, and the value, are fields of it."""
    message = send.message
    if not isinstance(message, c.MakeRecord):
        return None
    fields = dict(zip(message.record.field_types(), message.args, strict=True))
    match = []
    for position, key in enumerate(write.keys):
        name = next((f for f, e in fields.items() if e == key), None)
        if name is None:
            return None
        match.append((name, position))
    value = write.value
    if isinstance(value, c.Lit):
        return Source(message.record, tuple(match), None, (value,))
    inner = value.of if isinstance(value, c.Some) else value
    types = message.record.field_types()
    right = [f for f, t in types.items() if wanted in (t, OptionType(t))]
    shown = next((f for f in right if fields[f] in (value, inner)), None)
    return None if shown is None else Source(message.record, tuple(match), None, (shown,))


def _rankings(sources: list[Source]) -> Iterator[tuple[Source, ...]]:
    """The ways to rank messages by ordered fields of one type; what is shown itself comes first."""
    ways: list[list[tuple[bool, str, Type]]] = []
    for s in sources:
        ordered = [
            (f not in s.shown, f, t) for f, t in s.record.field_types().items() if _ordered(t)
        ]
        ways.append(sorted(ordered, key=lambda way: way[0]))
    for choice in itertools.product(*ways):
        if len({t for _, _, t in choice}) == 1:
            pairs = zip(sources, choice, strict=True)
            yield tuple(Source(s.record, s.match, f, s.shown) for s, (_, f, _) in pairs)
    yield tuple(sources)


def _ordered(t: Type) -> bool:
    return isinstance(t, NatType) or (isinstance(t, SortType) and t.ordered)


def _of_report(
    description: c.Description, messages: str, record: type[Record], found: Mapping[Any, Any]
) -> Iterator[Dependency]:
    """Guesses for a payload: each message of the class reports variables that are guessed, too."""
    keys, types = keys_of(record), record.field_types()
    payload = [f for f in types if f not in keys]
    sends = [
        e.message
        for a in (*description.inits, *description.actions)
        for e in a.effects
        if isinstance(e, c.Send) and e.variable == messages and e.message.type == RecordType(record)
    ]
    if not payload or len(sends) != 1 or not isinstance(sends[0], c.MakeRecord):
        return
    fields = dict(zip(types, sends[0].args, strict=True))
    reads = [fields[f] for f in payload]
    if not all(isinstance(e, c.Read) and e.variable in found for e in reads):
        return
    for guesses in itertools.product(*(found[e.variable] for e in reads)):  # type: ignore[attr-defined]
        sources = [_as_reported(d, e, fields, keys) for d, e in zip(guesses, reads, strict=True)]
        joined = _joined(sources)
        if joined is None or {d.messages for d in guesses} != {messages}:
            continue
        rank = {s.record.field_types()[s.rank] for s in joined if s.rank is not None}
        initial = tuple(d.initial[0] for d in guesses)
        for below in [*(k for k in keys if {types[k]} == rank), None]:
            yield Dependency(record.__name__, messages, joined, initial, record, below)


def _as_reported(
    d: Dependency, read: Any, fields: Mapping[str, c.Expr], keys: tuple[str, ...]
) -> tuple[Source, ...] | None:
    """The sources of a variable, matched with the keys of the message that reports it."""
    places: dict[int, int] = {}
    for position, key in enumerate(read.keys):
        name = next((k for k in keys if fields[k] == key), None)
        if name is None:
            return None
        places[position] = keys.index(name)
    return tuple(
        Source(s.record, tuple((f, places[k]) for f, k in s.match), s.rank, s.shown)
        for s in d.sources
    )


def _joined(parts: list[tuple[Source, ...] | None]) -> tuple[Source, ...] | None:
    """One list of sources that show all parts at once, if they are the same messages.

    Only keys are looked at: so no payload follows from one that follows from it.
    """
    found: list[Source] = []
    for group in zip(*(p or () for p in parts), strict=False):
        if len({(s.record, s.match, s.rank) for s in group}) != 1:
            return None
        shown = tuple(x for s in group for x in s.shown)
        found.append(Source(group[0].record, group[0].match, group[0].rank, shown))
    same = {None if p is None else len(p) for p in parts} == {len(found)}
    only_keys = all(s.fields() <= set(keys_of(s.record)) for s in found)
    return tuple(found) if same and found and only_keys else None
