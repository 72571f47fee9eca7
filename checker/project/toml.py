"""A TOML file of which the line of each key is known, so that a mistake in it is said with it."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from quorate._spelling import instead
from quorate.checker.errors import InputError

Keys = tuple[str | int, ...]
"""The way from the top of a document to a value: names, and places in arrays from 0."""


@dataclass(frozen=True)
class TomlFile:
    """A file of TOML, as it was read."""

    path: Path
    text: str
    document: dict[str, Any]

    @cached_property
    def lines(self) -> Mapping[Keys, int]:
        """The line of each key, from 1."""
        return lines_of(self.text)

    def line(self, keys: Keys) -> int | None:
        """The line of a key or, of what the file does not have, that of what it should be in."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys)

    def fail(self, keys: Keys, said: str) -> NoReturn:
        """Raise InputError with the place of a key."""
        line = self.line(keys)
        where = str(self.path) if line is None else f"{self.path}:{line}"
        raise InputError(f"{where}: {said}", str(self.path), line)


def read_toml(path: Path) -> TomlFile:
    """A file of TOML. Raises InputError."""
    try:
        text = path.read_text(encoding="utf-8")
        return TomlFile(path, text, tomllib.loads(text))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", str(path)) from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8, which TOML is in: {error}", str(path)) from None
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" \(at line (\d+), column (\d+)\)", str(error))
        if at is None:
            raise InputError(f"{path}: is not valid TOML: {error}", str(path)) from None
        line, column = int(at[1]), int(at[2])
        said = f"{path}:{line}:{column}: is not valid TOML: {str(error).replace(at[0], '')}"
        raise InputError(said, str(path), line, column) from None


def lines_of(text: str) -> dict[Keys, int]:
    """The line on which each key of a valid document is, also within inline tables and arrays.

    The standard library's parser tells no places. But each statement of TOML is a document by
    itself, and no beginning of one is: so it is given more lines until it accepts them.
    """
    found: dict[Keys, int] = {}
    lengths: dict[Keys, int] = {}  # of the arrays of tables
    here: Keys = ()
    statement, start = "", 1
    for number, line in enumerate(text.split("\n"), start=1):
        statement += f"{line}\n"
        try:
            said = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        if statement.lstrip().startswith("["):
            here = _table(said, lengths)
            for depth in range(1, len(here) + 1):
                found.setdefault(here[:depth], start)
        else:
            _record(said, here, start, found)
        statement, start = "", number + 1
    return found


def _table(said: Any, lengths: dict[Keys, int]) -> Keys:
    """The keys of the table that a header begins."""
    here: Keys = ()
    while said:
        ((name, said),) = said.items()
        here += (name,)
        if isinstance(said, list):
            lengths[here] = lengths.get(here, 0) + 1
            said = None
        if here in lengths:
            here += (lengths[here] - 1,)
    return here


def _record(value: Any, keys: Keys, line: int, found: dict[Keys, int]) -> None:
    if keys:
        found.setdefault(keys, line)
    if isinstance(value, (dict, list)):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            _record(inner, (*keys, name), line, found)


@dataclass(frozen=True)
class Table:
    """A table whose values are read by type. What is wrong raises InputError, with its line.

    In messages a key is called by `head` and, where the table is an inner one, the names in `path`.
    """

    file: TomlFile
    keys: Keys
    values: Mapping[str, Any]
    head: str = ""
    path: tuple[str, ...] = ()

    def only(self, known: Collection[str]) -> None:
        """Make sure that there are no other keys."""
        for key in self.values:
            if key not in known:
                said = f"{self._called()} has no `{key}`; {instead(key, known)}"
                self.file.fail((*self.keys, key), said)

    def table(self, key: str) -> Table:
        """A table in this one; empty if there is none."""
        found = self.values.get(key, {})
        if not isinstance(found, dict):
            self.wrong(key, found, "a table")
        return Table(self.file, (*self.keys, key), found, self.head, (*self.path, key))

    def tables(self, key: str) -> list[Table]:
        """The tables of an array; each is called by the key and its number."""
        found = self.values.get(key, [])
        if not isinstance(found, list) or not all(isinstance(t, dict) for t in found):
            self.wrong(key, found, "tables, each with a header in double brackets")
        return [
            Table(self.file, (*self.keys, key, n), values, f"{key} {n + 1}")
            for n, values in enumerate(found)
        ]

    def text(self, key: str) -> str | None:
        """A text that is not empty; None if there is none."""
        found = self.values.get(key)
        if found is not None and (not isinstance(found, str) or not found.strip()):
            self.wrong(key, found, "a text")
        return found

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts; None if there is none."""
        found = self.values.get(key)
        if found is None:
            return None
        if not isinstance(found, list) or not all(isinstance(t, str) for t in found):
            self.wrong(key, found, "a list of names")
        return tuple(found)

    def flag(self, key: str) -> bool:
        """Whether something is so; by default it is not."""
        found = self.values.get(key, False)
        if not isinstance(found, bool):
            self.wrong(key, found, "true or false")
        return found

    def number(self, key: str, least: int) -> int | None:
        """A whole number; None if there is none."""
        found = self.values.get(key)
        if found is not None and (type(found) is not int or found < least):
            self.wrong(key, found, f"a whole number from {least} up")
        return found

    def seconds(self, key: str) -> float | None:
        """A duration; None if there is none."""
        found = self.values.get(key)
        if found is None:
            return None
        if type(found) not in (int, float) or not 0 < found < math.inf:
            self.wrong(key, found, "a number of seconds")
        return float(found)

    def numbers(self, least: int) -> dict[str, int]:
        """The values of this table, all of which are whole numbers."""
        return {key: self.number(key, least) or 0 for key in self.values}

    def wrong(self, key: str, found: Any, expected: str) -> NoReturn:
        """Raise InputError: the value of a key is not what it should be."""
        said = f"{self._called(key)} is {shown(found)}, expected {expected}"
        self.file.fail((*self.keys, key), said)

    def missing(self, key: str, what: str) -> NoReturn:
        """Raise InputError: a key is missing that says `what`."""
        self.file.fail(self.keys, f"{self._called()} has no `{key}`, expected {what}")

    def _called(self, *more: str) -> str:
        """What this table is called in messages, or a key in it."""
        return f"{self.head} {'.'.join((*self.path, *more))}".strip() or "the file"


def shown(value: Any) -> str:
    """A value in the notation of TOML, for messages."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case dict():
            return "a table"
        case list():
            return "a list"
    return str(value)
