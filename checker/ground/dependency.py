"""What determines cells: a variable, or a message's payload, depends on messages sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from quorate.model.language.declare.types import Message, Record
from quorate.model.language.ir import core as c


@dataclass(frozen=True)
class MessageSource:
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
    sources: tuple[MessageSource, ...]
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
