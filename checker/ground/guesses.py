"""Guesses which cells follow from the messages sent, from the text of the actions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    NatType,
    OptionType,
    Record,
    RecordType,
    SortType,
    Type,
)
from quorate.model.language.ir import core as c

from .dependency import Dependency, MessageSource, keys_of

MOST_GUESSES = 16  # for one variable, or one message class


def candidates(description: c.Description) -> dict[Any, list[Dependency]]:
    """For each variable and message class that may follow from messages: guesses, best first.

    There are none where messages do not stay: what was shown once is forgotten.
    """
    held = [v.type for v in description.variables if isinstance(v.type, MessagesType)]
    if any(t.network is not None for t in held):
        return {}
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
    sources: dict[tuple[str, type[Record]], set[MessageSource]] = {}
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


def _showing(write: c.Write, send: c.Send, wanted: Type) -> MessageSource | None:
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
        return MessageSource(message.record, tuple(match), None, (value,))
    inner = value.of if isinstance(value, c.Some) else value
    types = message.record.field_types()
    right = [f for f, t in types.items() if wanted in (t, OptionType(t))]
    shown = next((f for f in right if fields[f] in (value, inner)), None)
    return None if shown is None else MessageSource(message.record, tuple(match), None, (shown,))


def _rankings(sources: list[MessageSource]) -> Iterator[tuple[MessageSource, ...]]:
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
            yield tuple(MessageSource(s.record, s.match, f, s.shown) for s, (_, f, _) in pairs)
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
) -> tuple[MessageSource, ...] | None:
    """The sources of a variable, matched with the keys of the message that reports it."""
    places: dict[int, int] = {}
    for position, key in enumerate(read.keys):
        name = next((k for k in keys if fields[k] == key), None)
        if name is None:
            return None
        places[position] = keys.index(name)
    return tuple(
        MessageSource(s.record, tuple((f, places[k]) for f, k in s.match), s.rank, s.shown)
        for s in d.sources
    )


def _joined(parts: list[tuple[MessageSource, ...] | None]) -> tuple[MessageSource, ...] | None:
    """One list of sources that show all parts at once, if they are the same messages.

    Only keys are looked at: so no payload follows from one that follows from it.
    """
    found: list[MessageSource] = []
    for group in zip(*(p or () for p in parts), strict=False):
        if len({(s.record, s.match, s.rank) for s in group}) != 1:
            return None
        shown = tuple(x for s in group for x in s.shown)
        found.append(MessageSource(group[0].record, group[0].match, group[0].rank, shown))
    same = {None if p is None else len(p) for p in parts} == {len(found)}
    only_keys = all(s.fields() <= set(keys_of(s.record)) for s in found)
    return tuple(found) if same and found and only_keys else None
