"""Elements of a page. Text is escaped where the tree is written, so nothing can be forgotten.

A template could forget to escape one value of many, and values come from models, traces and
implementations. The standard library's tree knows no other way to hold a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from xml.etree.ElementTree import Element, tostring

Part: TypeAlias = "Element | str | int | float | Iterable[Part] | None"
"""What an element contains; None is nothing."""


def e(tag: str, *parts: Part, **attributes: str | int | float | None) -> Element:
    """An element. `class_` stands for `class`, and `stroke_width` for `stroke-width`."""
    named = {k.rstrip("_").replace("_", "-"): v for k, v in attributes.items() if v is not None}
    element = Element(tag, {k: visible(str(v)) for k, v in named.items()})
    _fill(element, parts)
    return element


def _fill(element: Element, parts: Iterable[Part]) -> None:
    for part in parts:
        if isinstance(part, Element):
            element.append(part)
        elif isinstance(part, str | int | float):
            text = visible(part if isinstance(part, str) else f"{part:,}")
            if len(element):
                element[-1].tail = (element[-1].tail or "") + text
            else:
                element.text = (element.text or "") + text
        elif part is not None:
            _fill(element, part)


def visible(text: str) -> str:
    """A text in which nothing is hidden: control characters, and those that turn text around."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def html_of(page: Element) -> str:
    """The page as text."""
    return f"<!DOCTYPE html>\n{tostring(page, encoding='unicode', method='html')}\n"


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[Part]],
    numbers: Iterable[int] = (),
    stacked: bool = False,
) -> Element:
    """A table; the columns in `numbers` are aligned to the right.

    A `stacked` one has the cells of a row below each other where the window is narrow.
    """
    right = set(numbers)

    def cell(tag: str, k: int, part: Part) -> Element:
        head = heads[k] if stacked and tag == "td" else None
        return e(tag, part, class_="number" if k in right else None, data_head=head or None)

    head = e("tr", *(cell("th", k, h) for k, h in enumerate(heads)))
    body = [e("tr", *(cell("td", k, c) for k, c in enumerate(row))) for row in rows]
    found = e("table", e("thead", head), e("tbody", *body), class_="stacked" if stacked else None)
    return e("div", found, class_="scroll")


class MatrixCell(NamedTuple):
    """A cell of a matrix: a sign, its kind (`ok`, `bad` or `plain`), and what it means."""

    sign: str
    kind: str
    meaning: str


def matrix(corner: str, marks: Mapping[tuple[str, str], MatrixCell]) -> Element:
    """A picture with a sign for pairs of a row and a column, in order of appearance."""
    rows = dict.fromkeys(row for row, _ in marks)
    columns = dict.fromkeys(column for _, column in marks)

    def cell(row: str, column: str) -> Element:
        mark = marks.get((row, column))
        if mark is None:
            return e("td")
        return e("td", mark.sign, class_=f"mark {mark.kind}", title=mark.meaning)

    head = e("tr", e("th", corner), *(e("th", e("span", c), class_="turned") for c in columns))
    body = [e("tr", e("th", e("code", r)), *(cell(r, c) for c in columns)) for r in rows]
    found = e("table", e("thead", head), e("tbody", *body), class_="matrix")
    return e("div", found, class_="scroll")


def facts(pairs: Iterable[tuple[str, Part]]) -> Element | None:
    """Numbers with their names, side by side; those without a value are left out."""
    shown = [e("div", e("dt", name), e("dd", value)) for name, value in pairs if value is not None]
    return e("dl", *shown, class_="facts") if shown else None


def section(title: str, *parts: Part) -> Element | None:
    """A part of the page; None if there is nothing in it."""
    filled = [part for part in parts if part is not None]
    return e("section", e("h2", title), *filled) if filled else None


def folded(title: Part, *parts: Part, opened: bool = False) -> Element:
    """What can be opened with a click."""
    return e("details", e("summary", title), *parts, open="open" if opened else None)


def badge(text: str, kind: str) -> Element:
    """A verdict: `ok`, `bad`, `warn` or `plain`."""
    return e("span", text, class_=f"badge {kind}")


def bar(part: float, whole: float) -> Element:
    """How much of a whole."""
    share = part / whole if whole else 0.0
    fill = e("span", class_="fill", style=f"width:{100 * share:.1f}%")
    return e("span", fill, class_="bar", title=f"{100 * share:.1f} %")
