"""Records, sequences and numbers that may be None: values with parts, each part a term by cases.

A sequence is its length and what is at each position below it, so that slices and concatenations
are macros and two sequences are equal if they are at every position. In a message it is an element
of a sort of its own, of which only length and items are ever asked.

What may be None and has no sort with an element to spare is a flag and a value. The value may be
any where the flag says None, and two such values are equal if both are None or neither is and they
are equal: so what is there instead of None changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    OptionType,
    RecordType,
    SeqType,
    SortType,
    Type,
)
from quorate.model.language.ir import core as c

from .logic import (
    Atom,
    Cases,
    Formula,
    Term,
    choice,
    conj,
    disj,
    equal,
    every,
    iff,
    implies,
    lifted,
    mapped,
    neg,
    single,
)

LENGTH, ITEM, FLAG = "#", "[]", "?"


class SeqComp(c.SetComp):
    """The values in their order; one binder, over a sequence or a range.

    Mappings of refinements make it, protocols do not: so no other engine reads it.
    """


@dataclass(frozen=True)
class MessageValue:
    """A message or record by its fields; `index` is the key at which its maps are looked at."""

    fields: Mapping[str, Any]
    index: c.Expr | None = None


@dataclass(frozen=True)
class SequenceValue:
    """A sequence; `item` says what is at a position; `term` is the element that stands for it."""

    length: Cases
    item: Callable[[Term], Value]
    term: Term = None


@dataclass(frozen=True)
class OptionalValue:
    """A value that may be None: it is `of` where it is `given`."""

    given: Formula
    of: Value


Value = Cases | MessageValue | SequenceValue | OptionalValue


def is_flagged(t: Type) -> bool:
    """Whether a flag says if it is None, and no element of the sort that holds its values."""
    return isinstance(t, OptionType) and not isinstance(t.inner, SortType | EnumType)


def is_compound(t: Type) -> bool:
    """Whether a value has several parts."""
    return isinstance(t, RecordType | SeqType) or is_flagged(t)


def parts(t: Type) -> dict[str, tuple[int, Type]]:
    """The functions that hold a value: by name, of how many positions, and their type."""
    match t:
        case SeqType(element, length):
            items = {f"{ITEM}{n}": (k + 1, of) for n, (k, of) in parts(element).items()}
            return {LENGTH: (0, length), **items}
        case RecordType():
            return {
                f".{n}{part}": found
                for n, of in t.fields.items()
                for part, found in parts(of).items()
            }
        case OptionType(inner) if is_flagged(t):
            return {FLAG: (0, BoolType()), **parts(inner)}
    return {"": (0, t)}


def held(functions: Mapping[str, Any], t: Type, keys: Sequence[Term], at: str = "") -> Value:
    """The value that the functions of `parts(t)` hold at these keys."""
    match t:
        case SeqType(element, _):
            length = single(functions[f"{at}{LENGTH}"](*keys))
            return SequenceValue(
                length, lambda i: held(functions, element, [*keys, i], f"{at}{ITEM}")
            )
        case RecordType():
            fields = t.fields.items()
            return MessageValue({n: held(functions, of, keys, f"{at}.{n}") for n, of in fields})
        case OptionType(inner) if is_flagged(t):
            given = Atom(functions[f"{at}{FLAG}"](*keys))
            return OptionalValue(given, held(functions, inner, keys, at))
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
        other = orelse.fields
        return MessageValue({n: choose(test, x, other[n]) for n, x in then.fields.items()})
    if isinstance(then, OptionalValue) and isinstance(orelse, OptionalValue):
        given = disj([conj([test, then.given]), conj([neg(test), orelse.given])])
        return OptionalValue(given, choose(test, then.of, orelse.of))
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
        return conj(same(x, other.fields[n], fresh) for n, x in one.fields.items())
    if isinstance(one, OptionalValue) and isinstance(other, OptionalValue):
        equal_values = implies(one.given, same(one.of, other.of, fresh))
        return conj([iff(one.given, other.given), equal_values])
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
