"""State variables as actions read and write them under CPython, with an undo of the writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from quorate.model.language.declare.networks import AtMostOnce, Fifo
from quorate.model.language.declare.protocol import Protocol, Variable
from quorate.model.language.declare.queues import Packet, ends_of, packet_of, queue_type
from quorate.model.language.declare.types import (
    MapType,
    Message,
    MessagesType,
    RecordType,
    Type,
    key_values,
)
from quorate.model.language.declare.values import FrozenMap, frozen

from .bounds import check_range, has_bounds
from .diagnostics import StepError


class Journal:
    """The writes of the current step to variables of these types, so that they can be undone."""

    def __init__(self, types: Mapping[str, Type]) -> None:
        self.types = types
        self.undo: list[Callable[[], None]] = []

    def write(self, owner: Protocol, name: str, value: Any) -> None:
        """Write a plain variable, or all cells of a map."""
        if isinstance(held := owner.__dict__.get(name), MapVariable):
            held.assign(value)
            return
        old = owner.__dict__.get(name)
        check_range(name, self.types[name], value)
        self.undo.append(lambda: object.__setattr__(owner, name, old))
        object.__setattr__(owner, name, value)

    def roll_back(self, left: int = 0) -> None:
        """Undo the writes, except for the first ones."""
        while len(self.undo) > left:
            self.undo.pop()()


class MapVariable:
    """A map variable, as actions read and write it."""

    def __init__(self, name: str, type_: MapType, journal: Journal) -> None:
        self.name, self.type, self.journal = name, type_, journal
        self.keys = list(key_values(type_.keys))
        self.dict: dict[Any, Any] = {}
        self._bounded = has_bounds(type_.value)

    def load(self, values: Iterable[Any]) -> None:
        self.dict = dict(zip(self.keys, values, strict=True))

    def freeze(self) -> tuple[Any, ...]:
        return tuple(self.dict.values())

    def keys_of(self, process: Any) -> list[Any]:
        if len(self.type.keys) == 1:
            return [k for k in self.keys if k is process]
        return [k for k in self.keys if k[0] is process]

    def __getitem__(self, key: Any) -> Any:
        try:
            return self.dict[key]
        except KeyError:
            raise StepError(f"{self.name}[{key!r}]: there is no such key") from None

    def values(self) -> tuple[Any, ...]:
        """The values of all cells, in the order of their keys."""
        return tuple(self.dict.values())

    def assign(self, cells: Any, row: tuple[Any, ...] = ()) -> None:
        """Write every cell, or every cell whose first keys are these."""
        rest = {k: k for k in self.keys}
        if row:
            tails = {k: k[len(row) :] for k in self.keys if k[: len(row)] == row}
            rest = {k: tail[0] if len(tail) == 1 else tail for k, tail in tails.items()}
        if not isinstance(cells, FrozenMap) or set(cells) != set(rest.values()):
            raise StepError(f"{self.name}: {cells!r} is not one value for every cell")
        for key, part in rest.items():
            self[key] = cells[part]

    def __setitem__(self, key: Any, value: Any) -> None:
        value = frozen(value)
        row = key if isinstance(key, tuple) else (key,)
        if isinstance(value, FrozenMap) and len(row) < len(self.type.keys):
            self.assign(value, row)
            return
        old = self[key]
        if self._bounded:
            check_range(f"{self.name}[{key!r}]", self.type.value, value)
        self.journal.undo.append(lambda: self.dict.__setitem__(key, old))
        self.dict[key] = value


class MessagesVariable:
    """A messages variable: membership, iteration over a message class, sending."""

    def __init__(self, name: str, type_: MessagesType, journal: Journal) -> None:
        self.name, self.type, self.journal = name, type_, journal
        self.by_class: dict[type, frozenset[Any]] = {}
        self._whole: list[tuple[frozenset[Any], dict[type, frozenset[Any]]]] = []
        """The sets that were loaded and frozen last, with their messages by class."""

    def load(self, messages: frozenset[Any]) -> None:
        known = next((groups for whole, groups in self._whole if whole is messages), None)
        if known is None:
            groups: dict[type, list[Any]] = {m: [] for m in self.type.messages}
            for message in messages:
                groups[type(message)].append(message)
            known = {m: frozenset(group) for m, group in groups.items()}
        self._whole = [(messages, known)]
        self.by_class = dict(known)

    def freeze(self) -> frozenset[Any]:
        for whole, groups in self._whole:
            if self.by_class == groups:
                return whole
        whole = frozenset().union(*self.by_class.values())
        self._whole[1:] = [(whole, dict(self.by_class))]
        return whole

    def __contains__(self, message: Any) -> bool:
        return message in self.by_class.get(type(message), ())

    def __getitem__(self, message: type) -> frozenset[Any]:
        return self.by_class[message]

    def add(self, message: Message) -> None:
        kind = type(message)
        old = self.by_class[kind]
        if message in old:
            return
        check_range(kind.__name__, RecordType(kind), message)
        if kind.key is not None and (twin := _same_key(message, old)) is not None:
            raise StepError(f"{message!r} is sent, but {twin!r} already was: key={kind.key!r}")
        self.journal.undo.append(lambda: self.by_class.__setitem__(kind, old))
        self.by_class[kind] = old | {message}


class InFlight(MessagesVariable):
    """Messages that are gone once they are delivered.

    All reads of a step see the messages before it, so what leaves and what is sent is kept apart.
    """

    def load(self, messages: frozenset[Any]) -> None:
        super().load(messages)
        self.gone: frozenset[Any] = frozenset()
        self.new: frozenset[Any] = frozenset()

    def freeze(self) -> frozenset[Any]:
        return super().freeze() - self.gone | self.new

    def receive(self, message: Message) -> None:
        """Let a message be in flight no more, since it is delivered."""
        self.discard(message)

    def discard(self, message: Message) -> None:
        """Let a message be in flight no more."""
        self._become(self.gone | {message}, self.new - {message})

    def add(self, message: Message) -> None:
        kind = type(message)
        check_range(kind.__name__, RecordType(kind), message)
        others = self.by_class[kind] - self.gone | self.new
        if message in others:
            raise StepError(f"{message!r} is sent, but it is in flight already")
        if kind.key is not None and (twin := _same_key(message, others)) is not None:
            raise StepError(f"{message!r} is sent, but {twin!r} is in flight: key={kind.key!r}")
        self._become(self.gone, self.new | {message})

    def _become(self, gone: frozenset[Any], new: frozenset[Any]) -> None:
        old = self.gone, self.new
        self.journal.undo.append(lambda: self.__dict__.update(gone=old[0], new=old[1]))
        self.gone, self.new = gone, new


class FifoLinks(MessagesVariable):
    """A queue of packets for each link. All reads of a step see the queues before it."""

    def __init__(self, name: str, type_: MessagesType, journal: Journal) -> None:
        super().__init__(name, type_, journal)
        held = queue_type(type_)
        self.packet, self.queue = packet_of(type_.messages), held
        self.links = list(key_values(ends_of(type_)))
        self.before: dict[Any, tuple[Packet, ...]] = {}
        self.now: dict[Any, tuple[Packet, ...]] = {}

    def load(self, queues: Any) -> None:
        self.before = dict(zip(self.links, queues, strict=True))
        self.now = dict(self.before)

    def freeze(self) -> Any:
        return tuple(self.now.values())

    def __contains__(self, message: Any) -> bool:
        return any(p.message == message for queue in self.before.values() for p in queue)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            return self._at(self.before, key)
        packets = (p for queue in self.before.values() for p in queue)
        return [p.message for p in packets if isinstance(p.message, key)]

    def next(self, kind: type) -> list[Message]:
        """The messages of a class that are the first on their links."""
        first: Iterable[Message] = (q[0].message for q in self.before.values() if q)
        return [m for m in first if type(m) is kind]

    def add(self, message: Message) -> None:
        check_range(type(message).__name__, RecordType(type(message)), message)
        link = self._link(message)
        queue = (*self._at(self.now, link), self.packet.of(message))
        a, b = link
        check_range(f"{self.name}: the link from {a!r} to {b!r}", self.queue, queue)
        self._put(link, queue)

    def receive(self, message: Message) -> None:
        """Take the first message off its link."""
        link = self._link(message)
        self._put(link, self._at(self.now, link)[1:])

    def drop(self, source: Any, target: Any, keep: int = 0) -> None:
        now = self._at(self.now, (source, target))
        self._put((source, target), now[:keep])

    def _link(self, message: Message) -> tuple[Any, Any]:
        sender, receiver = type(message).link or ("", "")
        return getattr(message, sender), getattr(message, receiver)

    def _at(self, queues: dict[Any, tuple[Packet, ...]], link: Any) -> tuple[Packet, ...]:
        try:
            return queues[link]
        except KeyError:
            raise StepError(f"{self.name}[{link!r}]: there is no such link") from None

    def _put(self, link: Any, queue: tuple[Packet, ...]) -> None:
        old = self.now[link]
        self.journal.undo.append(lambda: self.now.__setitem__(link, old))
        self.now[link] = queue


def holder_of(variable: Variable, journal: Journal) -> MapVariable | MessagesVariable | None:
    """What holds a variable, if it is read and written in parts."""
    match variable.type:
        case MapType() as t:
            return MapVariable(variable.name, t, journal)
        case MessagesType(network=Fifo()) as t:
            return FifoLinks(variable.name, t, journal)
        case MessagesType(network=AtMostOnce()) as t:
            return InFlight(variable.name, t, journal)
        case MessagesType() as t:
            return MessagesVariable(variable.name, t, journal)
    return None


def _same_key(message: Message, others: Iterable[Message]) -> Message | None:
    kind = type(message)
    assert kind.key is not None
    key_of = attrgetter(*kind.key)
    key = key_of(message)
    return next((m for m in others if type(m) is kind and key_of(m) == key), None)
