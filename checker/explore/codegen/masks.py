"""Masked comparisons of words, several at once, and steps that consist of them.

A step is masked if its guard is a few terms and its effect sets constants. Terms of four guards are
compared at once, as vectors. The steps that change the state become a set of bits, and a loop over
that set computes the successors. The end of that loop is its only unpredictable branch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from quorate.checker.ground.instances import Instance
from quorate.checker.ground.nodes import Graph, Node

from .assembly import (
    I1,
    I32,
    I64,
    POINTER,
    Builder,
    Type,
    constant,
    constants,
    integer,
    undefined,
    vector,
)
from .literals import Sums, Term
from .lowering import WORD

LANES = 4
VECTOR = vector(I64, LANES)
SET = 64  # steps in one set of bits
MOST_TESTS = 12  # of one step


@dataclass(frozen=True)
class MaskedStep:
    """Enabled if one of `tests` holds; sets the bits of `write`, after which that term holds.

    Steps of one group have the same effect: only the first enabled one gives a successor.
    """

    tests: tuple[Term, ...]
    write: Term
    action: str
    label: int
    group: int


def masked_step(
    graph: Graph, sums: Sums, instance: Instance, label: int, group: int
) -> MaskedStep | None:
    """The instance as masked comparisons, if possible; it must be defined wherever enabled."""
    if instance.loops or not instance.stores:
        return None
    write = _written(instance)
    if write is None:
        return None
    tests = sums.of(graph.and_([instance.implicit, *instance.guards]))
    if tests is None or len(tests) > MOST_TESTS:
        return None
    return MaskedStep(tuple(tests), write, instance.action.name, label, group)


def _written(instance: Instance) -> Term | None:
    mask, value = 0, 0
    for s in instance.stores:
        if s.when is not True or isinstance(s.index, Node) or isinstance(s.value, Node):
            return None
        word, bit = s.column.place(s.index)
        bit += 64 * word
        hole = ((1 << s.column.bits) - 1) << bit
        mask, value = mask | hole, value & ~hole | s.value << bit
    return mask, value


class Lanes:
    """Emits comparisons of the words of a state with several terms at once.

    Make it at the start of a function.
    """

    def __init__(self, f: Any, b: Builder, words: Sequence[Any]) -> None:
        self.b = b
        self._splats = [self._splat(word) for word in words]
        self._constants: dict[tuple[int, ...], int] = {}
        # Constants are found from a pointer that is read from the stack, in another block lest
        # LLVM see what it is: the address of each would take an instruction of its own.
        self._table = f.module.table(VECTOR, align=8 * LANES)
        self._base = b.alloca(POINTER)
        b.store(self._table, self._base)
        block = f.append_basic_block("lanes")
        b.branch(block)
        b.position_at_end(block)

    def compared(self, rows: Sequence[Sequence[Term | None]]) -> Any:
        """A vector of whether one of a lane's terms holds: lane i has item i of each row.

        None does not hold, nor does what is missing at the end of a row.
        """
        base = self.b.load(self._base, POINTER)
        found: Any = None if rows else constants(I1, [0] * LANES)
        for row in rows:
            holds = self._row([*row, *[None] * (LANES - len(row))], base)
            found = holds if found is None else self.b.or_(found, holds)
        return found

    def _row(self, row: Sequence[Term | None], base: Any) -> Any:
        found: Any = None
        for word, splat in enumerate(self._splats):
            parts = [None if t is None else _part(t, word) for t in row]
            last = found is None and word == len(self._splats) - 1
            if not last and not any(p is not None and p[0] for p in parts):
                continue
            pairs = [(0, 1) if p is None else p for p in parts]
            mask, value = (self._constant(tuple(p[i] for p in pairs), base) for i in (0, 1))
            agrees = self.b.icmp_unsigned("==", self.b.and_(splat, mask), value)
            found = agrees if found is None else self.b.and_(found, agrees)
        return found

    def any(self, some: Sequence[Term]) -> Any:
        """Whether one of the terms holds."""
        if not some:
            return constant(I1, 0)
        ordered = sorted(some, key=lambda t: (t[0].bit_length(), t))  # few words in each row
        rows = [ordered[start : start + LANES] for start in range(0, len(ordered), LANES)]
        bits = integer(LANES)
        holds = self.b.bitcast(self.compared(rows), bits)
        return self.b.icmp_unsigned("!=", holds, constant(bits, 0))

    def _splat(self, word: Any) -> Any:
        zero = constant(I32, 0)
        one = self.b.insert_element(undefined(VECTOR), word, zero)
        order = constants(I32, [0] * LANES)
        return self.b.shuffle_vector(one, one, order)

    def _constant(self, values: tuple[int, ...], base: Any) -> Any:
        if (index := self._constants.get(values)) is None:
            index = self._constants[values] = len(self._constants)
            self._table.items.append(constants(I64, values).text)
        at = self.b.gep(base, constant(I64, index), VECTOR)
        return self.b.load(at, VECTOR, align=8 * LANES)


def _part(t: Term, word: int) -> tuple[int, int]:
    mask, value = t
    return mask >> 64 * word & WORD, value >> 64 * word & WORD


class MaskedSteps:
    """Emits runs of masked steps into a `successors` function."""

    def __init__(self, f: Any, b: Builder, words: Sequence[Any]) -> None:
        self.f, self.b, self.words = f, b, words
        self._lanes = Lanes(f, b, words)

    def emit(
        self, steps: Sequence[MaskedStep], count: Any, out: Any, labels: Any
    ) -> Iterator[tuple[str, Any]]:
        """Append the changed successors; yields how many steps of each action are enabled."""
        for some in _whole_groups(steps):
            enabled, changing = self._sets(some)
            for name in dict.fromkeys(s.action for s in some):
                mine = sum(1 << i for i, s in enumerate(some) if s.action == name)
                yield name, self.b.ctpop(self.b.and_(enabled, constant(I64, mine)))
            self._loop(some, changing, count, out, labels)

    def _sets(self, steps: Sequence[MaskedStep]) -> tuple[Any, Any]:
        """Which steps are enabled, and which of those change the state: bits of two numbers."""
        b = self.b
        enabled: Any = constant(I64, 0)
        changing: Any = constant(I64, 0)
        for start in range(0, len(steps), LANES):
            some = steps[start : start + LANES]
            can = self._lanes.compared(list(itertools.zip_longest(*(s.tests for s in some))))
            same = self._lanes.compared([[s.write for s in some]])
            enabled = b.or_(enabled, self._bits(can, start))
            changing = b.or_(changing, self._bits(b.and_(can, b.not_(same)), start))
        return enabled, changing

    def _bits(self, lanes: Any, start: int) -> Any:
        wide = self.b.zext(self.b.bitcast(lanes, integer(LANES)), I64)
        return self.b.shl(wide, constant(I64, start)) if start else wide

    def _loop(
        self, steps: Sequence[MaskedStep], changing: Any, count: Any, out: Any, labels: Any
    ) -> None:
        """Append a successor for each step in the set `changing`."""
        b, f = self.b, self.f
        body, done = f.append_basic_block("masked"), f.append_basic_block("made")
        entry, before = b.block, b.load(count, I64)
        b.cbranch(b.icmp_unsigned("!=", changing, constant(I64, 0)), body, done)
        b.position_at_end(body)
        left, n = b.phi(I64), b.phi(I64)
        step = b.cttz(left)
        base = b.mul(n, constant(I64, len(self.words)))
        for w, old in enumerate(self.words):
            new = old
            pairs = [_part(s.write, w) for s in steps]
            if any(m for m, _ in pairs):
                kept = b.and_(old, self._looked_up([WORD & ~m for m, _ in pairs], step))
                new = b.or_(kept, self._looked_up([v for _, v in pairs], step))
            at = b.gep(out, b.add(base, constant(I64, w)), I64)
            b.store(new, at)
        label = self._looked_up([s.label for s in steps], step, I32)
        b.store(label, b.gep(labels, n, I32))
        if len({s.group for s in steps}) == len(steps):
            rest = b.and_(left, b.sub(left, constant(I64, 1)))
        else:
            others = [sum(1 << i for i, t in enumerate(steps) if t.group != s.group) for s in steps]
            rest = b.and_(left, self._looked_up(others, step))
        more = b.add(n, constant(I64, 1))
        left.add_incoming(changing, entry)
        left.add_incoming(rest, body)
        n.add_incoming(before, entry)
        n.add_incoming(more, body)
        b.store(more, count)
        b.cbranch(b.icmp_unsigned("!=", rest, constant(I64, 0)), body, done)
        b.position_at_end(done)

    def _looked_up(self, values: Sequence[int], index: Any, kind: Type = I64) -> Any:
        table = self.f.module.shared_table(kind, values)
        at = self.b.gep(table, index, kind)
        return self.b.load(at, kind)


def _whole_groups(steps: Sequence[MaskedStep]) -> Iterator[list[MaskedStep]]:
    """The steps in sets that are not too large, none of which has only a part of a group."""
    found: list[MaskedStep] = []
    for _, group in itertools.groupby(steps, key=lambda s: s.group):
        more = list(group)
        if found and len(found) + len(more) > SET:
            yield found
            found = []
        found = found + more
    yield found
