"""Records and sequences: values with parts, each part a term by cases.

A sequence is its length and what is at each position below it, so that slices and concatenations
are macros and two sequences are equal if they are at every position. In a message it is an element
of a sort of its own, of which only length and items are ever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from quorate.model.language.declare.types import RecordType, SeqType, Type
from quorate.model.language.ir import core as c

from .logic import (
    Atom,
    Cases,
    Formula,
    Term,
    choice,
    conj,
    equal,
    every,
    implies,
    lifted,
    mapped,
    single,
)

LENGTH, ITEM = "#", "[]"


@dataclass(frozen=True)
class MessageValue:
    """A message or record by its columns; `index` is the row of its maps that is looked at."""

    columns: Mapping[str, Any]
    index: c.Expr | None = None


@dataclass(frozen=True)
class SequenceValue:
    """A sequence; `item` says what is at a position; `term` is the element that stands for it."""

    length: Cases
    item: Callable[[Term], Value]
    term: Term = None


Value = Cases | MessageValue | SequenceValue


def parts(t: Type) -> dict[str, tuple[bool, Type]]:
    """The functions that hold a value: by name, whether there is one per position, and its type."""
    match t:
        case SeqType(element, length):
            items = {f"{ITEM}{n}": (True, of) for n, (_, of) in parts(element).items()}
            return {LENGTH: (False, length), **items}
        case RecordType():
            return {f".{n}": (False, of) for n, of in t.fields.items()}
    return {"": (False, t)}


def held(functions: Mapping[str, Any], t: Type, keys: Sequence[Term], at: str = "") -> Value:
    """The value that the functions of `parts(t)` hold at these keys."""
    match t:
        case SeqType(element, _):
            length = single(functions[f"{at}{LENGTH}"](*keys))
            return SequenceValue(
                length, lambda i: held(functions, element, [*keys, i], f"{at}{ITEM}")
            )
        case RecordType():
            return MessageValue({n: single(functions[f"{at}.{n}"](*keys)) for n in t.fields})
    return single(functions[at](*keys))


def choose(test: Formula, then: Value, orelse: Value) -> Value:
    """`then` where the test holds, else `orelse`."""
    if isinstance(test, bool):
        return then if test else orelse
    if isinstance(then, SequenceValue) and isinstance(orelse, SequenceValue):
        yes, no = then, orelse
        length = choice(test, yes.length, no.length)
        return SequenceValue(length, lambda i: choose(test, yes.item(i), no.item(i)))
    if isinstance(then, MessageValue) and isinstance(orelse, MessageValue):
        other = orelse.columns
        return MessageValue({n: choose(test, x, other[n]) for n, x in then.columns.items()})
    assert isinstance(then, tuple) and isinstance(orelse, tuple), (then, orelse)
    return choice(test, then, orelse)


def same(one: Value, other: Value, fresh: Callable[[str], Term]) -> Formula:
    """That two values are equal, part by part; `fresh` makes numbers of new names."""
    if isinstance(one, SequenceValue) and isinstance(other, SequenceValue):
        i = fresh("i")
        inside = below(i, one.length)
        items = every([i], implies(inside, same(one.item(i), other.item(i), fresh)))
        return conj([lifted(equal, one.length, other.length), items])
    if isinstance(one, MessageValue) and isinstance(other, MessageValue):
        return conj(same(x, other.columns[n], fresh) for n, x in one.columns.items())
    assert isinstance(one, tuple) and isinstance(other, tuple), (one, other)
    return lifted(equal, one, other)


def below(i: Term, length: Cases) -> Formula:
    """That `i` is a position of a sequence of this length."""
    return conj([Atom(i >= 0), lifted(lambda n: Atom(i < n), length)])


def at(of: SequenceValue, index: Cases) -> Value:
    """What is at a position."""
    (_, last), *others = reversed(index)
    found = of.item(last)
    for condition, i in others:
        found = choose(condition, of.item(i), found)
    return found


def shifted(of: SequenceValue, by: Cases, sign: int) -> Callable[[Term], Value]:
    """What is at a position so many further on (`sign` 1) or back (-1)."""
    return lambda i: at(of, mapped(lambda n: i + n if sign > 0 else i - n, by))


def prefix(of: SequenceValue, count: Cases) -> SequenceValue:
    """The first items, or all."""
    return SequenceValue(mapped(_least, of.length, count), of.item)


def suffix(of: SequenceValue, count: Cases) -> SequenceValue:
    """All but the first items."""
    length = mapped(lambda n, k: z3.If(k <= n, n - k, 0), of.length, count)
    return SequenceValue(length, shifted(of, count, 1))


def concatenation(left: SequenceValue, right: SequenceValue) -> SequenceValue:
    """One after the other."""
    further = shifted(right, left.length, -1)

    def item(i: Term) -> Value:
        first = lifted(lambda n: Atom(i < n), left.length)
        return choose(first, left.item(i), further(i))

    return SequenceValue(mapped(lambda n, k: n + k, left.length, right.length), item)


def listed(items: Sequence[Value], empty: Value, number: Callable[[int], Term]) -> SequenceValue:
    """These items; past the end, where nothing makes sense, the last (if none, `empty`)."""

    def item(i: Term) -> Value:
        found = items[-1] if items else empty
        for k in range(len(items) - 2, -1, -1):
            found = choose(equal(i, number(k)), items[k], found)
        return found

    return SequenceValue(single(number(len(items))), item)


def _least(x: Term, y: Term) -> Term:
    return x if x.eq(y) else z3.If(x <= y, x, y)
