"""What a generated protocol declares so far, and random choices of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .types import Cell, T, Var


@dataclass
class Choices:
    """What is declared so far, and the choices of a random source."""

    r: Random
    lines: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    basic: list[T] = field(default_factory=list)  # sorts, enums, number ranges
    quorums: list[T] = field(default_factory=list)
    records: list[T] = field(default_factory=list)
    messages: list[T] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    defines: list[tuple[str, tuple[T, ...], T]] = field(default_factory=list)
    scope: list[Var] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)  # variables and messages not to be read now
    fresh: Iterator[int] = field(default_factory=itertools.count)
    network: str = ""  # what is declared of the messages
    others: set[str] = field(default_factory=set)  # messages of a second variable

    def chance(self, percent: int) -> bool:
        return self.r.randrange(100) < percent

    def apart(self, what: str = "") -> Random:
        """A source that follows from the text so far: the other choices stay as they are."""
        return Random("".join(self.lines) + what)

    def aside(self, percent: int, what: str = "") -> bool:
        """A choice of such a source; choices of different things do not depend on each other."""
        return self.apart(what).randrange(100) < percent

    def some(self, items: list[Any], least: int, most: int) -> list[Any]:
        return [self.r.choice(items) for _ in range(self.r.randint(least, most))] if items else []

    def new(self, prefix: str = "x") -> str:
        return f"{prefix}{next(self.fresh)}"

    def of_kind(self, *kinds: str) -> list[T]:
        return [t for t in self.basic if t.kind in kinds]

    def held(self, m: T) -> str:
        """The variable that holds messages of a class."""
        return "self.other" if m.name in self.others else "self.sent"

    def removed(self, m: T) -> bool:
        """Whether a message of a class is gone once it is delivered."""
        return bool(self.network) != (m.name in self.others)

    def readable(self, *kinds: str) -> list[Cell]:
        """The variables whose cells hold a value of these kinds, if they can be read now."""
        return [c for c in self.cells if c.type.kind in kinds and c.name not in self.hidden]

    def _constant(self, t: T) -> str:
        match t.kind:
            case "bool":
                return self.r.choice(("True", "False"))
            case "sort" | "ordered":
                return f"{t.name.lower()}0"
            case "bottomed":
                return "Ballot.never"
            case "enum":
                return f"{t.name}.{self.r.choice(('ON', 'OFF', 'MID'))}"
            case "nat" | "int":
                return "0"
            case "option":
                return "None" if self.chance(80) else self._constant(t.parts[0])
            case "union":
                return self._constant(t.parts[0])
            case "pair":
                return f"({', '.join(map(self._constant, t.parts))})"
            case "set":
                return "frozenset()"
            case "seq":
                return "()"
        assert t.kind == "record", t
        return f"{t.name}({', '.join(self._constant(f) for _, f in t.fields)})"

    def _plain(self, t: T) -> bool:
        """Whether an expression of this type shows its type by itself."""
        return t.kind in ("bool", "sort", "bottomed", "ordered", "enum", "record", "message")
