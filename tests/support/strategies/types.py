"""Types, variables and cells of a generated protocol, as its generator sees them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class T:
    """A type of the language, as the generator sees it."""

    kind: str
    name: str = ""
    parts: tuple[T, ...] = ()
    fields: tuple[tuple[str, T], ...] = ()
    compared: bool = False  # a record that is compared by its fields

    def __str__(self) -> str:
        match self.kind:
            case "bool":
                return "bool"
            case "option":
                return f"{self.parts[0]} | None"
            case "union":
                return " | ".join(map(str, self.parts))
            case "pair":
                return f"tuple[{', '.join(map(str, self.parts))}]"
            case "set":
                return f"Set[{self.parts[0]}]"
            case "seq":
                return f"Seq[{self.parts[0]}, {self.name}]"
            case "map":
                return f"Map[{', '.join(map(str, self.parts))}]"
        return self.name

    @property
    def ordered(self) -> bool:
        return self.compared or self.kind in ("ordered", "bottomed", "nat", "int", "number")


BOOL, NUMBER = T("bool"), T("number")
SIMPLE = ("sort", "bottomed", "ordered", "enum", "nat", "int", "bool", "number")


def option(t: T) -> T:
    return T("option", parts=(t,))


@dataclass(frozen=True)
class Var:
    """A name with its type; `proper` if it is never a bottom, so that it can be a key."""

    text: str
    type: T
    proper: bool = False


@dataclass(frozen=True)
class Cell:
    """A state variable: its keys and what a cell holds."""

    name: str
    keys: tuple[T, ...]
    type: T
    volatile: bool


@dataclass
class Source:
    """A generated protocol: its text, and the sizes to explore it at."""

    text: str
    sizes: dict[str, int]
    faults: dict[str, int]
