"""What adapters show, recognised by its content, so that each value is read by the types once.

A value is known by the bytes that `marshal` writes of it. They hold every part and its exact type:
True is not 1, and an object that was changed since is not what it was. What `marshal` does not
write, such as records, is not recognised. Messages are values, too: whatever can be hashed
and was read as a message cannot change. So each object is read once, and is a bit from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import reduce
from marshal import dumps, loads
from operator import or_
from typing import Any

from quorate.traces import FrozenMap, Record, Value

BY_VALUE = 2
"""The last version of marshal's format in which equal parts need not be the same object."""

MOST_KEPT = 100_000
"""How many values of a variable, and objects that are messages, are remembered."""

MOST_SETS = 10_000
"""How many sets of messages are remembered."""


class KnownValues:
    """The values that were read of what was shown of one variable."""

    def __init__(self) -> None:
        self._known: dict[bytes, Value] = {}
        self._plain = True  # so far marshal could write what was shown

    def has(self, shown: Any, value: Value) -> bool:
        """Whether what is shown was read as this value before."""
        if not self._plain:
            return False
        try:
            found = self._known.get(_content(shown), self)
        except ValueError:
            self._plain = False
            return False
        return found is value or (found is not self and found == value)

    def add(self, shown: Any, value: Value, read: Callable[[Any], Value]) -> None:
        """What is shown was read as this value; `read` does it again for what was written."""
        if not self._plain:
            return
        content = _content(shown)
        try:
            whole = read(loads(content)) == value
        except Exception:  # Other objects are written as their bytes, and are no values then.
            whole = False
        if whole:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[content] = value
        else:
            self._plain = False


def content_of(seen: Mapping[str, Any], besides: str | None) -> bytes | None:
    """The bytes of all that is shown but one variable; None if marshal does not write it."""
    rest = dict(seen)
    rest.pop(besides, None)  # type: ignore[arg-type]
    try:
        return dumps(rest, BY_VALUE)
    except ValueError:
        return None


def _content(shown: Any) -> bytes:
    return dumps(dict(shown.items()) if type(shown) is FrozenMap else shown, BY_VALUE)


class MessageBits:
    """Sets of messages as numbers, with a bit for each message."""

    def __init__(self, read: Callable[[frozenset[Value]], frozenset[Value]]) -> None:
        self._read = read
        self._bits: dict[Value, int] = {}
        self._sets: dict[frozenset[Value], int] = {}
        """The numbers of the model's sets."""
        self._of: dict[int, int] = {}
        """The bit of each object that is a message, by its id."""
        self._kept: list[Record] = []  # no other object gets the id of one of these
        self.shown: dict[int, int] = {}
        """The numbers of sets that cannot change, by id: many are shown again and again."""
        self._sets_shown: list[frozenset[Any]] = []  # no other object gets the id of one of these

    def of_model(self, messages: frozenset[Value]) -> int:
        """The number of messages as the model has them."""
        number = self._sets.get(messages)
        if number is None:
            bits = self._bits
            every = (bits.setdefault(m, 1 << len(bits)) for m in messages)
            number = self._sets[messages] = reduce(or_, every, 0)
        return number

    def of(self, messages: Collection[Any]) -> int:
        """The number of messages that an adapter shows. Raises AdapterError."""
        known = self.shown.get(id(messages))
        if known is not None:
            return known
        try:
            number = reduce(or_, map(self._of.__getitem__, map(id, messages)), 0)
        except KeyError:
            return reduce(or_, map(self._one, messages), 0)
        if type(messages) is frozenset:
            if len(self._sets_shown) >= MOST_SETS:
                self.shown.clear()
                self._sets_shown.clear()
            self.shown[id(messages)] = number
            self._sets_shown.append(messages)
        return number

    def _one(self, message: Any) -> int:
        bit = self._of.get(id(message))
        if bit is not None:
            return bit
        bit = self.of_model(self._read(frozenset({message})))
        if type(message) is Record:
            if len(self._kept) >= MOST_KEPT:
                self._of.clear()
                self._kept.clear()
            self._kept.append(message)
            self._of[id(message)] = bit
        return bit
