"""Values as Python source, laid out as ruff and black do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from quorate.traces import FrozenMap, Record, Value
from quorate.traces.values import in_order

WIDTH = 88
"""The width that these formatters have by default. What is longer is split, and stays split."""

Layout: TypeAlias = "str | tuple[str, str, Sequence[Layout]]"
"""An atom; or what opens, what closes, and what is in between: its text ends in no comma."""


def text(value: str) -> str:
    """A string in double quotes, unless it has some."""
    return repr(value) if '"' in value or "\\" in value else f'"{repr(value)[1:-1]}"'


def mapping(entries: Sequence[tuple[str, Layout]]) -> Layout:
    """A dict with names for keys."""
    return "{", "}", [_after(f"{text(name)}: ", node) for name, node in entries]


def value_layout(value: Value, hashable: bool = False) -> Layout:
    """A value; where it must be `hashable`, of a class that is."""
    match value:
        case str():
            return text(value)
        case frozenset() if not value:
            return "frozenset()" if hashable else "set()"
        case frozenset():
            inner = "{", "}", [value_layout(x, True) for x in in_order(value)]
            return ("frozenset(", ")", [inner]) if hashable else inner
        case tuple(elements) if hashable:
            return _tuple([value_layout(x, True) for x in elements])
        case tuple(elements):
            return "[", "]", [value_layout(x) for x in elements]
        case FrozenMap():
            entries: Layout = (
                "{",
                "}",
                [
                    _after(f"{on_one_line(value_layout(k, True))}: ", value_layout(x, hashable))
                    for k, x in value.items()
                ],
            )
            return ("FrozenMap(", ")", [entries]) if hashable else entries
        case Record(tag, fields):
            held = [_tuple([text(n), value_layout(x, True)]) for n, x in fields]
            return "Record(", ")", [text(tag), _tuple(held)]
    return str(value)


def lines(node: Layout, indent: int, before: str = "", after: str = "") -> Iterator[str]:
    """The lines of a node, which `before` and `after` surround."""
    line = f"{' ' * indent}{before}{on_one_line(node)}{after}"
    if isinstance(node, str) or len(line) <= WIDTH or not node[2]:
        yield line
        return
    opens, closes, inner = node
    yield f"{' ' * indent}{before}{opens}"
    for part in inner:
        yield from lines(part, indent + 4, after=",")
    yield f"{' ' * indent}{closes}{after}"


def on_one_line(node: Layout) -> str:
    """A node without a break."""
    if isinstance(node, str):
        return node
    opens, closes, inner = node
    comma = "," if len(inner) == 1 and opens.endswith("(") and not _is_call(opens) else ""
    return f"{opens}{', '.join(map(on_one_line, inner))}{comma}{closes}"


def _is_call(opens: str) -> bool:
    return opens.endswith("(") and opens[-2:-1].isidentifier()


def _tuple(inner: Sequence[Layout]) -> Layout:
    return ("(", ")", inner) if inner else "()"


def _after(prefix: str, node: Layout) -> Layout:
    return f"{prefix}{node}" if isinstance(node, str) else (f"{prefix}{node[0]}", node[1], node[2])
