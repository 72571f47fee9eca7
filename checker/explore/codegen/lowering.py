"""Ground formulas over one state as LLVM instructions.

A state is `words` 64-bit words. A scalar is an i64, a condition an i1. Tests of cells against
constants in the same word become one masked comparison. Effects become and/or with masks on the
words, which are in registers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quorate.checker.ground.columns import Column
from quorate.checker.ground.instances import Assignment
from quorate.checker.ground.nodes import Bool, Graph, Node, Scalar, nodes_in

from .assembly import I1, I64, Builder, Function, Module, Type, Value, constant
from .literals import word_literal

WORD = (1 << 64) - 1
DEEP = 100  # operations within each other; Python's stack has room for some 250


@lru_cache(1 << 14)  # as text, too, a constant is made once
def const(value: int) -> Value:
    """An i64; of a negative number its two's complement."""
    return constant(I64, value & WORD)


@dataclass
class SsaWords:
    """The words of a state as SSA values, and the memory they were read from."""

    values: list[Any]
    memory: Any


class NodeLowering:
    """Lowers nodes over one state, in one function; results are reused where they dominate."""

    def __init__(self, builder: Builder, words: SsaWords, graph: Graph) -> None:
        self.b, self.words, self.g = builder, words, graph
        self.known: dict[int, Any] = {}
        self._depth = 0

    def scoped(self) -> NodeLowering:
        """A copy whose new results are not visible outside (for code in a branch)."""
        inner = NodeLowering(self.b, self.words, self.g)
        inner.known = dict(self.known)
        return inner

    # ------------------------------------------------------------ conditions

    def condition(self, p: Bool) -> Any:
        """A condition as an i1."""
        if not isinstance(p, Node):
            return constant(I1, int(p))
        return self._lowered(p)

    def _lowered(self, node: Node) -> Any:
        if node.id not in self.known:
            self._depth += 1
            # Operands first, so that no chain of operations is too deep for Python's stack.
            nodes = [node] if self._depth < DEEP else list(nodes_in([node], self.known))
            for n in nodes:
                self.known[n.id] = getattr(self, f"_{n.op}")(n)
            self._depth -= 1
        return self.known[node.id]

    def _not(self, p: Node) -> Any:
        return self.b.not_(self.condition(p.args[0]))

    def _eq(self, p: Node) -> Any:
        return self.b.icmp_unsigned("==", self.scalar(p.args[0]), self.scalar(p.args[1]))

    def _lt(self, p: Node) -> Any:
        return self.b.icmp_unsigned("<", self.scalar(p.args[0]), self.scalar(p.args[1]))

    def _iff(self, p: Node) -> Any:
        return self.b.icmp_unsigned("==", self.condition(p.args[0]), self.condition(p.args[1]))

    def _and(self, p: Node) -> Any:
        return self._melted(p.args, "==")

    def _or(self, p: Node) -> Any:
        return self._melted(p.args, "!=")

    def _melted(self, parts: Sequence[Node], sign: str) -> Any:
        """Join parts by and ("==") or or ("!="), one comparison for all tests in one word.

        All of `w & m1 == v1, w & m2 == v2` is `w & (m1|m2) == v1|v2`; dually, one of
        `w & m1 != v1, w & m2 != v2` is `w & (m1|m2) != v1|v2`.
        """
        by_word: dict[int, tuple[int, int]] = {}
        terms = []
        for part in parts:
            literal = word_literal(part, sign)
            if literal is None:
                terms.append(self.condition(part))
                continue
            word, mask, value = literal
            m, v = by_word.get(word, (0, 0))
            by_word[word] = (m | mask, v | value)
        for word, (mask, value) in by_word.items():
            terms.append(self._masked(word, mask, sign, value))
        join = self.b.and_ if sign == "==" else self.b.or_
        found = terms[0]
        for term in terms[1:]:
            found = join(found, term)
        return found

    def _masked(self, word: int, mask: int, sign: str, value: int) -> Any:
        masked = self.b.and_(self.words.values[word], const(mask))
        return self.b.icmp_unsigned(sign, masked, const(value))

    def _isin(self, p: Node) -> Any:
        for sign in ("==", "!="):
            if (literal := word_literal(p, sign)) is not None:
                word, mask, value = literal
                return self._masked(word, mask, sign, value)
        x, mask = p.args
        return self._one_of(self.scalar(x), x.size, mask)

    def _one_of(self, x: Any, size: int, mask: int) -> Any:
        full = (1 << size) - 1
        if mask & (mask + 1) == 0:
            return self.b.icmp_unsigned("<", x, const(mask.bit_length()))
        rest = full & ~mask
        if rest & (rest + 1) == 0:
            return self.b.icmp_unsigned(">=", x, const(rest.bit_length()))
        if mask.bit_count() == 1:
            return self.b.icmp_unsigned("==", x, const(mask.bit_length() - 1))
        if rest.bit_count() == 1:
            return self.b.icmp_unsigned("!=", x, const(rest.bit_length() - 1))
        if size <= 64:
            return self.b.trunc(self.b.lshr(const(mask), x), I1)
        found: Any = None
        for low, high in _runs(mask):
            inside = self.b.icmp_unsigned("<", self.b.sub(x, const(low)), const(high - low))
            found = inside if found is None else self.b.or_(found, inside)
        return found

    # ------------------------------------------------------------ scalars

    def scalar(self, x: Scalar) -> Any:
        """A scalar as an i64."""
        if not isinstance(x, Node):
            return const(x)
        return self._lowered(x)

    def _load(self, x: Node) -> Any:
        column, index = x.args
        if not isinstance(index, Node):
            word, bit = column.place(index)
            shifted = self.words.values[word]
            if bit:
                shifted = self.b.lshr(shifted, const(bit))
            if bit + column.bits < 64:
                shifted = self.b.and_(shifted, const((1 << column.bits) - 1))
            return shifted
        word, bit = self.place(column, self.scalar(index))
        value = self.b.load(self.b.gep(self.words.memory, word, I64), I64)
        return self.b.and_(self.b.lshr(value, bit), const((1 << column.bits) - 1))

    def place(self, column: Column, index: Any) -> tuple[Any, Any]:
        """Word and bit of a cell whose index is known only at run time."""
        bits = const(column.bits)
        if column.bits * column.count <= 64:
            bit = self.b.add(self.b.mul(index, bits), const(column.first_bit))
            return const(column.first_word), bit
        word = self.b.udiv(index, const(column.per_word))
        within = self.b.sub(index, self.b.mul(word, const(column.per_word)))
        return self.b.add(word, const(column.first_word)), self.b.mul(within, bits)

    def _add(self, x: Node) -> Any:
        return self.b.add(self.scalar(x.args[0]), self.scalar(x.args[1]))

    def _sub(self, x: Node) -> Any:
        return self.b.sub(self.scalar(x.args[0]), self.scalar(x.args[1]))

    def _mul(self, x: Node) -> Any:
        return self.b.mul(self.scalar(x.args[0]), const(x.args[1]))

    def _div(self, x: Node) -> Any:
        return self.b.udiv(self.scalar(x.args[0]), const(x.args[1]))

    def _mod(self, x: Node) -> Any:
        return self.b.urem(self.scalar(x.args[0]), const(x.args[1]))

    def _select(self, x: Node) -> Any:
        test, a, b = x.args
        return self.b.select(self.condition(test), self.scalar(a), self.scalar(b))

    def _number(self, x: Node) -> Any:
        return self.b.zext(self.condition(x.args[0]), I64)

    # ------------------------------------------------------------ stores

    def stored(self, stores: Iterable[Assignment]) -> list[Any]:
        """The words after these stores, applied in order; values read the words before."""
        words = list(self.words.values)
        for s in stores:
            when = self.condition(s.when)
            value = self.scalar(s.value)
            if isinstance(s.index, Node):
                self._store_anywhere(words, s, value, when)
            else:
                word, bit = s.column.place(s.index)
                new = self._patched(words[word], s.column, const(bit), value)
                words[word] = new if s.when is True else self.b.select(when, new, words[word])
        return words

    def _patched(self, word: Any, column: Column, bit: Any, value: Any) -> Any:
        hole = self.b.shl(const((1 << column.bits) - 1), bit)
        kept = self.b.and_(word, self.b.xor(hole, const(WORD)))
        return self.b.or_(kept, self.b.shl(value, bit))

    def _store_anywhere(self, words: list[Any], s: Assignment, value: Any, when: Any) -> None:
        where, bit = self.place(s.column, self.scalar(s.index))
        last = s.column.place(s.column.count - 1)[0]
        for word in range(s.column.first_word, last + 1):
            here = self.b.icmp_unsigned("==", where, const(word))
            here = here if s.when is True else self.b.and_(here, when)
            new = self._patched(words[word], s.column, bit, value)
            words[word] = self.b.select(here, new, words[word])


def _runs(mask: int) -> Iterator[tuple[int, int]]:
    start = None
    for i in range(mask.bit_length() + 1):
        if mask >> i & 1:
            start = i if start is None else start
        elif start is not None:
            yield start, i
            start = None


def new_function(module: Module, name: str, arguments: Sequence[Type]) -> Function:
    """A function that gives an i64; its pointers do not alias."""
    return Function(module, name, I64, arguments)


def load_words(b: Builder, memory: Any, count: int) -> SsaWords:
    """The words of the state at a pointer."""
    values = [b.load(b.gep(memory, const(i), I64), I64) for i in range(count)]
    return SsaWords(values, memory)
