"""Ground values of each type, in the shapes of `shapes.py`, and their codes as one number."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from quorate.model.language import SizeError
from quorate.model.language.declare.sorts import MOST_NUMBERS
from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    NatType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
    key_values,
    proper_values,
)
from quorate.model.language.declare.unions import UnionType

from .arithmetic import Signed, aligned, signed
from .nodes import Bool, Graph, Node, Scalar, size_of
from .shapes import Bits, Entries, Fields, Items, Present, Value


class Values:
    """Knows the representation of every type at the active sizes."""

    def __init__(self, graph: Graph) -> None:
        self.g = graph
        self._sizes: dict[Type, int] = {}
        self._codes: dict[Type, dict[Any, int]] = {}
        self._proper: dict[Type, tuple[Value, ...]] = {}
        self._members: dict[Type, tuple[Any, ...]] = {}
        self._candidates: dict[Type, tuple[Value, ...]] = {}
        self._quorums: dict[QuorumType, tuple[int, ...]] = {}

    # ------------------------------------------------------------ types

    def is_scalar(self, t: Type) -> bool:
        if isinstance(t, OptionType):
            return self.is_scalar(t.inner)
        scalars = (BoolType, SortType, EnumType, NatType, IntType, QuorumType, UnionType)
        return isinstance(t, scalars) and t != IntType(None)

    def size(self, t: Type) -> int:
        """How many values the type has."""
        if t not in self._sizes:
            self._sizes[t] = self._size(t)
        return self._sizes[t]

    def _size(self, t: Type) -> int:
        match t:
            case OptionType(inner):
                return 1 + self.size(inner)
            case UnionType(alternatives):
                return self._bounded(t, sum(map(self.size, alternatives)))
            case RecordType():
                product = 1
                for f in t.fields.values():
                    product *= self.size(f)
                return product
            case SetType(element):
                return 1 << len(self.members_of(element))
            case SeqType(element, _):
                return sum(self.size(element) ** k for k in range(self.longest(t) + 1))
            case MapType(keys, value):
                return int(self.size(value) ** len(list(key_values(keys))))
        return len(self.codes(t))

    def _bounded(self, t: UnionType, size: int) -> int:
        if size > MOST_NUMBERS:
            raise SizeError(f"{t} has {size:,} values at these sizes, more than {MOST_NUMBERS:,}")
        return size

    def offset(self, t: UnionType, alternative: Type) -> int:
        """The code of the first value of an alternative: codes of one come after another."""
        before = t.alternatives[: t.alternatives.index(alternative)]
        return sum(map(self.size, before))

    def longest(self, t: SeqType) -> int:
        return int(max(t.length.values()))

    def codes(self, t: Type) -> dict[Any, int]:
        """The code of each value of a scalar type other than an option or a union."""
        if t not in self._codes:
            self._codes[t] = {v: i for i, v in enumerate(t.values())}
        return self._codes[t]

    def part_sizes(self, t: Type) -> Iterator[int]:
        """How many values each part has, in the order of `parts`."""
        match t:
            case BoolType():
                yield 2
            case OptionType(inner) if not self.is_scalar(t):
                yield 2
                yield from self.part_sizes(inner)
            case RecordType():
                for f in t.fields.values():
                    yield from self.part_sizes(f)
            case SetType(element):
                yield from [2] * len(self.members_of(element))
            case SeqType(element, _):
                longest = self.longest(t)
                yield longest + 1
                yield from list(self.part_sizes(element)) * longest
            case MapType(keys, inner):
                yield from list(self.part_sizes(inner)) * len(list(key_values(keys)))
            case _:
                yield self.size(t)

    def proper(self, t: Type) -> tuple[Value, ...]:
        """The ground values that a parameter or loop of this type ranges over."""
        if (found := self._proper.get(t)) is None:
            found = self._proper[t] = tuple(self.constant(v, t) for v in proper_values(t))
        return found

    def members_of(self, element: Type) -> tuple[Any, ...]:
        """What a set of this element type may hold, a bottom included."""
        if (found := self._members.get(element)) is None:
            if element in (NatType(None), IntType(None)):
                raise SizeError("a set of numbers that have no declared range cannot be explored")
            found = self._members[element] = tuple(element.values())
        return found

    def candidates(self, element: Type) -> tuple[Value, ...]:
        """The ground values that a set of this element type may hold."""
        if (found := self._candidates.get(element)) is None:
            members = self.members_of(element)
            found = self._candidates[element] = tuple(self.constant(v, element) for v in members)
        return found

    # ------------------------------------------------------------ constants

    def constant(self, value: Any, t: Type) -> Value:
        """A Python value of type t in ground form."""
        match t:
            case BoolType():
                return bool(value)
            case OptionType(inner) if self.is_scalar(t):
                if value is None:
                    return 0
                return self.g.add(self.code(self.constant(value, inner), inner), 1)
            case OptionType(inner):
                if value is None:
                    return Present(False, self.zero(inner))
                return Present(True, self.constant(value, inner))
            case UnionType() if (kind := t.of(value)) is not None:
                code = self.code(self.constant(value, kind), kind)
                return self.g.add(code, self.offset(t, kind))
            case NatType():
                return int(value)
            case IntType(None):
                return signed(self.g, int(value))
            case RecordType():
                pairs = zip(value, t.fields.values(), strict=True)
                return Fields(tuple(self.constant(v, f) for v, f in pairs))
            case SetType(element):
                return Bits(tuple(e in value for e in self.members_of(element)))
            case SeqType(element, _):
                items = [self.constant(v, element) for v in value]
                padding = [self.zero(element)] * (self.longest(t) - len(items))
                return Items(len(items), (*items, *padding))
            case MapType(keys, inner):
                return Entries(tuple(self.constant(value[k], inner) for k in key_values(keys)))
        try:
            return self.codes(t)[value]
        except KeyError:
            raise SizeError(f"{value!r} is mentioned, but is no {t} at these sizes") from None

    def zero(self, t: Type) -> Value:
        """The value whose code, and every part, is 0."""
        if t == IntType(None):
            return signed(self.g, 0)
        return self.decode(0, t)

    def members(self, code: Scalar, t: QuorumType) -> Bits:
        """The members of a quorum, given its code."""
        return Bits(tuple(self.g.isin(code, mask) for mask in self._holding(t)))

    def _holding(self, t: QuorumType) -> tuple[int, ...]:
        """For each element, the codes of the quorums that it is in, as bits."""
        if (found := self._quorums.get(t)) is None:
            quorums = list(t.values())
            found = self._quorums[t] = tuple(
                sum(1 << i for i, q in enumerate(quorums) if e in q)
                for e in self.members_of(SortType(t.system.of))
            )
        return found

    # ------------------------------------------------------------ codes

    def code(self, v: Value, t: Type) -> Scalar:
        """The code of a value among all of its type: a mixed-radix number of its parts."""
        g = self.g
        match t:
            case BoolType():
                return g.number(v)
            case OptionType(inner) if not self.is_scalar(t):
                return g.select(v.present, g.add(self.code(v.inner, inner), 1), 0)
            case RecordType():
                return self._digits(list(zip(v.values, t.fields.values(), strict=True)))
            case SetType():
                bits = (g.mul(g.number(b), 1 << i) for i, b in enumerate(v.members))
                return g.total(bits)
            case SeqType(element, _):
                items = self._padded(v.items, self.longest(t), element)
                return g.add(self._offset(v.length, t), self._digits([(x, element) for x in items]))
            case MapType(_, inner):
                return self._digits([(x, inner) for x in v.values])
        return v  # type: ignore[no-any-return]

    def _digits(self, parts: list[tuple[Value, Type]]) -> Scalar:
        found: Scalar = 0
        weight = 1
        for value, t in parts:
            found = self.g.add(found, self.g.mul(self.code(value, t), weight))
            weight *= self.size(t)
        return found

    def _offset(self, length: Scalar, t: SeqType) -> Scalar:
        """How many sequences are shorter."""
        n = self.size(t.element)
        offsets = list(itertools.accumulate((n**k for k in range(self.longest(t))), initial=0))
        if not isinstance(length, Node):
            return int(offsets[min(length, len(offsets) - 1)])
        result: Scalar = offsets[0]
        for k, found in enumerate(offsets[1:], start=1):
            result = self.g.select(self.g.less(length, k), result, found)
        return result

    def _padded(self, items: tuple[Value, ...], count: int, element: Type) -> tuple[Value, ...]:
        """Exactly `count` items: cut off, or 0 where there are fewer."""
        missing = count - len(items)
        return items[:count] + (self.zero(element),) * missing if missing else items

    def decode(self, code: Scalar, t: Type) -> Value:
        """The value that a code stands for."""
        g = self.g
        match t:
            case BoolType():
                return g.isin(code, 2)
            case OptionType(inner) if not self.is_scalar(t):
                if not isinstance(code, Node) and code == 0:
                    return Present(False, self.zero(inner))
                present = g.not_(g.isin(code, 1))
                less_one = g.select(present, g.sub(code, 1), 0)
                return Present(present, self.decode(less_one, inner))
            case RecordType():
                return Fields(tuple(self._undigits(code, list(t.fields.values()))))
            case SetType(element):
                count = len(self.members_of(element))
                bits = [g.mod(g.div(code, 1 << i), 2) for i in range(count)]
                return Bits(tuple(g.isin(b, 2) for b in bits))
            case SeqType(element, _):
                return self._decode_sequence(code, t, element)
            case MapType(keys, inner):
                count = len(list(key_values(keys)))
                return Entries(tuple(self._undigits(code, [inner] * count)))
        return code

    def _undigits(self, code: Scalar, types: list[Type]) -> Iterator[Value]:
        for t in types:
            n = self.size(t)
            yield self.decode(self.g.mod(code, n), t)
            code = self.g.div(code, n)

    def _decode_sequence(self, code: Scalar, t: SeqType, element: Type) -> Items:
        g, n, longest = self.g, self.size(element), self.longest(t)
        length: Scalar = 0
        base: Scalar = 0
        offset = 0
        for k in range(longest):
            offset += n**k
            reached = g.less_eq(offset, code)
            length = g.select(reached, k + 1, length)
            base = g.select(reached, offset, base)
        digits = g.sub(code, base)
        return Items(length, tuple(self._undigits(digits, [element] * longest)))

    # ------------------------------------------------------------ parts

    def parts(self, v: Value, t: Type) -> Iterator[Scalar]:
        """The scalars of a value, in a fixed order; of a sequence as many as a variable holds."""
        match t:
            case BoolType():
                yield self.g.number(v)
            case OptionType(inner) if not self.is_scalar(t):
                yield self.g.number(v.present)
                yield from self.parts(v.inner, inner)
            case RecordType():
                for x, f in zip(v.values, t.fields.values(), strict=True):
                    yield from self.parts(x, f)
            case SetType():
                yield from map(self.g.number, v.members)
            case SeqType(element, _):
                yield v.length
                for x in self._padded(v.items, self.longest(t), element):
                    yield from self.parts(x, element)
            case MapType(_, inner):
                for x in v.values:
                    yield from self.parts(x, inner)
            case _:
                yield v

    def fits(self, v: Value, t: Type) -> Bool:
        """Whether every number is in its range and no sequence is too long: it can be stored."""
        pairs = zip(self.parts(v, t), self.part_sizes(t), strict=True)
        return self.g.and_(self.within(part, size) for part, size in pairs)

    def within(self, x: Scalar, size: int) -> Bool:
        """Whether a scalar is below `size`."""
        return True if size_of(x) <= size else self.g.isin(x, (1 << size) - 1)

    def same(self, v: Value, w: Value, t: Type) -> Bool:
        """Whether two values of one type are equal."""
        g = self.g
        match t:
            case BoolType():
                return g.iff(v, w)
            case IntType(None):
                return g.eq(*aligned(g, v, w)[:2])
            case OptionType(inner) if not self.is_scalar(t):
                return g.and_([g.iff(v.present, w.present), self.same(v.inner, w.inner, inner)])
            case RecordType():
                rows = zip(v.values, w.values, t.fields.values(), strict=True)
                return g.and_(self.same(x, y, f) for x, y, f in rows)
            case SetType():
                return g.and_(g.iff(x, y) for x, y in zip(v.members, w.members, strict=True))
            case SeqType(element, _):
                count = max(len(v.items), len(w.items))
                padded = (self._padded(x.items, count, element) for x in (v, w))
                equal = (self.same(x, y, element) for x, y in zip(*padded, strict=True))
                return g.and_([g.eq(v.length, w.length), *equal])
            case MapType(_, inner):
                both = zip(v.values, w.values, strict=True)
                return g.and_(self.same(x, y, inner) for x, y in both)
        return g.eq(v, w)

    def choose(self, test: Bool, v: Value, w: Value, t: Type) -> Value:
        """v where the test holds, else w."""
        if not isinstance(test, Node):
            return v if test else w
        g = self.g
        match t:
            case BoolType():
                return g.ite(test, v, w)
            case IntType(None):
                x, y, bias = aligned(g, v, w)
                return Signed(g.select(test, x, y), bias)
            case OptionType(inner) if not self.is_scalar(t):
                return Present(
                    g.ite(test, v.present, w.present), self.choose(test, v.inner, w.inner, inner)
                )
            case RecordType():
                rows = zip(v.values, w.values, t.fields.values(), strict=True)
                return Fields(tuple(self.choose(test, x, y, f) for x, y, f in rows))
            case SetType():
                both = zip(v.members, w.members, strict=True)
                return Bits(tuple(g.ite(test, x, y) for x, y in both))
            case SeqType(element, _):
                count = max(len(v.items), len(w.items))
                padded = (self._padded(x.items, count, element) for x in (v, w))
                matched = zip(*padded, strict=True)
                items = tuple(self.choose(test, x, y, element) for x, y in matched)
                return Items(g.select(test, v.length, w.length), items)
            case MapType(_, inner):
                both = zip(v.values, w.values, strict=True)
                return Entries(tuple(self.choose(test, x, y, inner) for x, y in both))
        return g.select(test, v, w)
