"""EDN, the notation of Clojure, in which Jepsen writes histories.

Keywords and symbols become strings, lists, vectors and sets tuples, maps dictionaries. Of a tagged
value the tag is dropped. See github.com/edn-format/edn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quorate.checker.errors import InputError

MOST_NESTED = 200
MOST_DIGITS = 4_000
_SKIPPED = re.compile(r"(?:[\s,]|;[^\n]*)*")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ATOM = re.compile(r'[^\s,;()\[\]{}"]+')
_INTEGER = re.compile(r"[+-]?\d+N?")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?M?")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CLOSING = {"(": ")", "[": "]", "{": "}", "#{": "}"}
_NAMED = {"nil": None, "true": True, "false": False}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def read_events(file: str, text: str) -> Iterator[tuple[int, Any]]:
    """The elements of the one list or vector in a file, or the values in it, with their lines.

    Raises InputError with file, line and column.
    """
    reader = _Reader(file, text)
    closing = reader.opened()
    while reader.within(closing):
        yield reader.line(), reader.value(0)
    if closing is not None:
        reader.close(closing)
        if reader.more():
            raise reader.error("expected nothing behind the list of events")


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.at = 0
        self._counted, self._line = 0, 1

    def more(self) -> bool:
        """Whether another value follows."""
        while True:
            skipped = _SKIPPED.match(self.text, self.at)
            self.at = skipped.end() if skipped else self.at
            if not self.text.startswith("#_", self.at):
                return self.at < len(self.text)
            self.at += 2
            self.value(0)

    def line(self) -> int:
        """The line of what follows."""
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def error(self, expected: str) -> InputError:
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - self.text.rfind("\n", 0, self.at)
        rest = self.text[self.at : self.at + 30].split("\n")[0]
        found = f"`{rest}`" if rest else "the end"
        said = f"{self.file}:{line}:{column}: found {found}, {expected}"
        return InputError(said, self.file, line, column)

    def opened(self) -> str | None:
        """What closes the list or vector that follows, whose bracket is read; None if none does."""
        if not self.more() or self.text[self.at] not in "([":
            return None
        self.at += 1
        return _CLOSING[self.text[self.at - 1]]

    def within(self, closing: str | None) -> bool:
        """Whether another value follows inside a bracket or, with None, in the file."""
        return self.more() and (closing is None or self.text[self.at] not in ")]}")

    def close(self, closing: str) -> None:
        """Read the bracket that has to follow."""
        if self.at >= len(self.text) or self.text[self.at] != closing:
            raise self.error(f"expected `{closing}`")
        self.at += 1

    def value(self, depth: int) -> Any:
        if not self.more():
            raise self.error("expected a value")
        if depth > MOST_NESTED:
            raise self.error("expected values nested less deeply")
        start = "#{" if self.text.startswith("#{", self.at) else self.text[self.at]
        if start in _CLOSING:
            self.at += len(start)
            found = []
            while self.within(_CLOSING[start]):
                found.append(self.value(depth + 1))
            self.close(_CLOSING[start])
            return self._map(found) if start == "{" else tuple(found)
        if start == '"':
            return self._string()
        return self._atom(depth)

    def _map(self, found: list[Any]) -> dict[Any, Any]:
        keys = found[::2]
        if len(found) % 2 or any(isinstance(key, dict) for key in keys):
            raise self.error("expected, before it, a map of keys and values")
        if len(set(keys)) < len(keys):
            raise self.error("expected, before it, a map without a key that is there twice")
        return dict(zip(keys, found[1::2], strict=True))

    def _string(self) -> str:
        match = _STRING.match(self.text, self.at)
        if match is None:
            raise self.error("expected a string that ends")
        self.at = match.end()
        return _ESCAPE.sub(_unescaped, match[1])

    def _atom(self, depth: int) -> Any:
        match = _ATOM.match(self.text, self.at)
        if match is None:
            raise self.error("expected a value")
        atom = match[0]
        if atom.startswith("#"):
            self.at = match.end()
            return self.value(depth + 1)
        if _INTEGER.fullmatch(atom):
            if len(atom) > MOST_DIGITS:
                raise self.error(f"expected a number of at most {MOST_DIGITS:,} digits")
            self.at = match.end()
            return int(atom.rstrip("N"))
        if _NUMBER.fullmatch(atom):
            self.at = match.end()
            return float(atom.rstrip("M"))
        if atom[0].isdigit():
            raise self.error("expected a number")
        self.at = match.end()
        return _NAMED[atom] if atom in _NAMED else atom.removeprefix(":")


def _unescaped(match: re.Match[str]) -> str:
    escape = match[1]
    return chr(int(escape[1:], 16)) if len(escape) == 5 else _ESCAPES.get(escape, escape)
