"""Laying out expressions: on one line if they fit, otherwise broken as a person would.

A document is text, a line break, or a choice between a form for one line and a form for several.
The column of a `/\\` has a meaning in TLA+; `Align` makes further lines start at its own column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 88


@dataclass(frozen=True)
class Cat:
    """One after the other."""

    parts: tuple[Doc, ...]


@dataclass(frozen=True)
class Line:
    """A new line, indented as the `Align` around says."""


@dataclass(frozen=True)
class Align:
    """Lines inside start at the column where this starts."""

    doc: Doc


@dataclass(frozen=True)
class Choice:
    """`flat` where it fits on what is left of the line, else `broken`."""

    flat: Doc
    broken: Doc


Doc = str | Cat | Line | Align | Choice
LINE = Line()


def cat(*parts: Doc) -> Doc:
    return Cat(parts)


def joined(parts: Sequence[Doc], separator: Doc) -> Doc:
    """The parts with the separator between them."""
    found: list[Doc] = []
    for part in parts:
        found += [separator, part] if found else [part]
    return Cat(tuple(found))


def listed(opening: str, items: Sequence[Doc], closing: str) -> Doc:
    """`(a, b)`: items on one line, or one below the other."""
    flat = cat(opening, joined(items, ", "), closing)
    if not items:
        return flat
    return Choice(flat, cat(opening, Align(joined(items, cat(",", LINE))), closing))


def filled(opening: str, items: Sequence[Doc], closing: str) -> Doc:
    """Items on as many lines as they need, as many on each as fit."""
    doc: Doc = cat(items[0], "," * (len(items) > 1)) if items else ""
    for i, item in enumerate(items[1:], 2):
        comma = "" if i == len(items) else ","
        doc = cat(doc, Choice(cat(" ", item, comma), cat(LINE, item, comma)))
    return cat(opening, Align(doc), closing)


def bullets(bullet: str, items: Sequence[Doc]) -> Doc:
    r"""A list of conjuncts or disjuncts, each on a line that starts with `/\` or `\/`."""
    return Align(joined([cat(f"{bullet} ", Align(item)) for item in items], LINE))


def hanging(head: Doc, body: Doc) -> Doc:
    """A head, and its body on the same line or indented below it."""
    return Choice(cat(head, " ", body), Align(cat(head, LINE, "  ", Align(body))))


def flat_text(doc: Doc) -> str | None:
    """The document on one line, None where it has no such form."""
    match doc:
        case str():
            return doc
        case Cat(parts):
            texts = [flat_text(part) for part in parts]
            return None if None in texts else "".join(t for t in texts if t is not None)
        case Line():
            return None
        case Align(inner):
            return flat_text(inner)
        case Choice(flat, _):
            return flat_text(flat)


def render(doc: Doc, column: int = 0) -> str:
    """The text of a document that starts at a column; further lines are indented as they must."""
    writer = _Writer(column)
    writer.write(doc, column, 0)
    return "".join(writer.out)


class _Writer:
    def __init__(self, column: int) -> None:
        self.column = column
        self.out: list[str] = []

    def write(self, doc: Doc, indent: int, tail: int) -> None:
        """`tail`: how much must follow on the same line."""
        match doc:
            case str():
                self.out.append(doc)
                self.column += len(doc)
            case Line():
                self.out.append("\n" + " " * indent)
                self.column = indent
            case Align(inner):
                self.write(inner, self.column, tail)
            case Cat(parts):
                for part, rest in zip(parts, _tails(parts, tail), strict=True):
                    self.write(part, indent, rest)
            case Choice(flat, broken):
                text = flat_text(flat)
                if text is not None and self.column + len(text) + tail <= WIDTH:
                    self.write(text, indent, tail)
                else:
                    self.write(broken, indent, tail)


def _tails(parts: Sequence[Doc], tail: int) -> list[int]:
    """How much must follow each of these parts on the same line, and `tail` the last of them."""
    found = []
    for part in reversed(parts):
        found.append(tail)
        width, ended = _leading(part)
        tail = width if ended else width + tail
    return found[::-1]


def _leading(doc: Doc) -> tuple[int, bool]:
    """How wide a document's first line is at least, and whether another line follows."""
    match doc:
        case str():
            return len(doc), False
        case Line():
            return 0, True
        case Align(inner):
            return _leading(inner)
        case Choice(_, broken):
            return _leading(broken)
        case Cat(parts):
            width = 0
            for part in parts:
                more, ended = _leading(part)
                width += more
                if ended:
                    return width, True
            return width, False
