"""Machine code for the successors whose steps are in a stubborn set of the state.

A set of steps is an array of 64-bit words, one bit for each step. The set starts with the steps
that the violation needs, and grows by the rows of its members until nothing is added, or until it
has all enabled steps. If any one of several conjuncts suffices, the one whose steps add the fewest
enabled ones is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from quorate.checker.explore.codegen.labels import INSTANCE, UNDEFINED_STEP
from quorate.checker.explore.codegen.lowering import (
    I32,
    I64,
    WORD,
    NodeLowering,
    const,
    load_words,
    new_function,
)

from .stubborn import All, Need, One, Steps, Stubborn, least

I16 = ir.IntType(16)
NEVER = 1 << 32  # more than any set of steps costs

Mask = list[Any]  # words; each a constant (int) or computed


class StubbornCode:
    """Adds `i64 stubborn(state*, out*, labels*, fired*)` to a module that has `successors`.

    It is `successors` without the changed states that only steps outside the stubborn set lead to.
    `fired` counts all enabled steps.
    """

    def __init__(self, module: ir.Module, stubborn: Stubborn) -> None:
        self.s, self.module = stubborn, module
        self.steps = len(stubborn.rows)
        self.size = -(-max(1, self.steps) // 64)
        self.f = new_function(module, "stubborn", [ir.PointerType()] * 4)
        self.b = ir.IRBuilder(self.f.append_basic_block("entry"))
        self._add()

    def _add(self) -> None:
        b = self.b
        state, out, labels, _ = self.f.args
        before = load_words(b, state, self.s.layout.words)
        self.low = NodeLowering(b, before, self.s.layout.graph)
        self.set, self.done, self.able = (b.alloca(I64, size=self.size) for _ in range(3))
        self.kept = b.alloca(I64)
        count = b.call(self.module.get_global("successors"), self.f.args)
        everything = self.f.append_basic_block("everything")
        some, closing = self.f.append_basic_block("some"), self.f.append_basic_block("closing")
        b.cbranch(b.icmp_unsigned("<=", count, const(1)), everything, some)
        b.position_at_end(everything)
        b.ret(count)
        b.position_at_end(some)
        for words_of in (self.done, self.able):
            self._write(words_of, [0] * self.size)
        self._each(count, self._note_enabled(labels))
        self.enabled = self._read(self.able)
        self._write(self.set, self._needed_at_first())
        b.branch(closing)
        self._close(closing, everything, count)
        self._compact(count, out, labels)

    # ------------------------------------------------------------ sets in memory

    def _place(self, memory: Any, word: Any) -> Any:
        return self.b.gep(memory, [word], source_etype=I64)

    def _read(self, memory: Any) -> Mask:
        return [self.b.load(self._place(memory, const(w)), typ=I64) for w in range(self.size)]

    def _write(self, memory: Any, mask: Mask) -> None:
        for w, word in enumerate(mask):
            self.b.store(_value(word), self._place(memory, const(w)))

    def _words(self, mask: int) -> Mask:
        return [mask >> 64 * w & WORD for w in range(self.size)]

    def _table(self, name: str, rows: Sequence[int]) -> Any:
        kind = ir.ArrayType(I64, max(1, len(rows)) * self.size)
        table = ir.GlobalVariable(self.module, kind, name)
        table.global_constant, table.linkage = True, "internal"
        table.initializer = ir.Constant(kind, [w for r in rows or [0] for w in self._words(r)])
        return table

    # ------------------------------------------------------------ which steps are enabled

    def _each(self, count: Any, body: Callable[[Any], None]) -> None:
        """Run `body` with each index below `count`."""
        b, f = self.b, self.f
        entry = b.block
        head, inside, done = (f.append_basic_block(n) for n in ("each", "one", "all"))
        b.branch(head)
        b.position_at_end(head)
        j = b.phi(I64)
        j.add_incoming(const(0), entry)
        b.cbranch(b.icmp_unsigned("<", j, count), inside, done)
        b.position_at_end(inside)
        body(j)
        j.add_incoming(b.add(j, const(1)), b.block)
        b.branch(head)
        b.position_at_end(done)

    def _note_enabled(self, labels: Any) -> Callable[[Any], None]:
        groups = self.s.groups
        step = {label: t for t, group in enumerate(groups) for label in group.labels}
        kind = ir.ArrayType(I16, max(step, default=0) + 1)
        self.step_of = ir.GlobalVariable(self.module, kind, "step_of_label")
        self.step_of.global_constant, self.step_of.linkage = True, "internal"
        self.step_of.initializer = ir.Constant(kind, [step[i] for i in range(len(step))] or [0])

        def note(j: Any) -> None:
            b = self.b
            word, bit = self._bit(self._label(labels, j))
            place = self._place(self.able, word)
            b.store(b.or_(b.load(place, typ=I64), bit), place)

        return note

    def _label(self, labels: Any, j: Any) -> Any:
        return self.b.load(self.b.gep(labels, [j], source_etype=I32), typ=I32)

    def _bit(self, label: Any) -> tuple[Any, Any]:
        """Word and bit of the step that a label is of."""
        b = self.b
        number = b.zext(b.and_(label, ir.Constant(I32, INSTANCE)), I64)
        place = b.gep(self.step_of, [number], source_etype=I16)
        t = b.zext(b.load(place, typ=I16), I64)
        return b.lshr(t, const(6)), b.shl(const(1), b.and_(t, const(63)))

    # ------------------------------------------------------------ what is needed

    def _needed_at_first(self) -> Mask:
        """What the violation needs."""
        found = self._words(self.s.always)
        known: dict[Need, Mask] = {}
        low = self.low.scoped()
        for case in self.s.cases:
            found = self._union(found, self._needed(case, found, low, known))
        return found

    def _needed(self, need: Need, found: Mask, low: NodeLowering, known: dict[Need, Mask]) -> Mask:
        if isinstance(need, Steps):
            return self._words(need.mask)
        if need not in known:
            known[need] = (
                self._all(need, found, low, known)
                if isinstance(need, All)
                else self._one(need, found, low, known)
            )
        return known[need]

    def _all(self, need: All, found: Mask, low: NodeLowering, known: dict[Need, Mask]) -> Mask:
        mask = [0] * self.size
        for part in need.parts:
            mask = self._union(mask, self._needed(part, found, low, known))
        return mask

    def _one(self, need: One, found: Mask, low: NodeLowering, known: dict[Need, Mask]) -> Mask:
        """The cheapest of the options that there are."""
        b = self.b
        best: Mask | None = None
        least_cost: Any = None
        for condition, option in need.options:
            mask = self._needed(option, found, low, known)
            cost = self._cost(mask, found)
            if condition is not False:
                cost = b.select(low.condition(condition), const(NEVER), cost)
            if best is None:
                best, least_cost = mask, cost
                continue
            less = b.icmp_unsigned("<", cost, least_cost)
            best = [self._select(less, x, y) for x, y in zip(mask, best, strict=True)]
            least_cost = b.select(less, cost, least_cost)
        assert best is not None
        return best

    def _select(self, test: Any, x: Any, y: Any) -> Any:
        return x if x is y else self.b.select(test, _value(x), _value(y))

    def _cost(self, mask: Mask, found: Mask) -> Any:
        """How many steps a set adds, the enabled ones first of all."""
        b = self.b
        total: Any = const(0)
        for word, have, able in zip(mask, found, self.enabled, strict=True):
            if word != 0:
                new = b.and_(_value(word), b.xor(_value(have), const(WORD)))
                enabled = b.shl(b.ctpop(b.and_(new, able)), const(16))
                total = b.add(total, b.add(enabled, b.ctpop(new)))
        return total

    def _union(self, xs: Mask, ys: Mask) -> Mask:
        return [self._or(x, y) for x, y in zip(xs, ys, strict=True)]

    def _or(self, x: Any, y: Any) -> Any:
        if isinstance(x, int) and isinstance(y, int):
            return x | y
        if x in (0, y):
            return y
        if y == 0:
            return x
        return self.b.or_(_value(x), _value(y))

    # ------------------------------------------------------------ closing the set

    def _close(self, closing: Any, everything: Any, count: Any) -> None:
        """Add the rows of members until there are none left; leaves the builder where that is."""
        b, f = self.b, self.f
        rows = self._table("rows", self.s.rows)
        fixed = self._table("fixed", [least(n) for n in self.s.needs])
        taking = f.append_basic_block("taking")
        b.position_at_end(closing)
        now, done = self._read(self.set), self._read(self.done)
        outside: Any = const(0)
        for x, able in zip(now, self.enabled, strict=True):
            outside = b.or_(outside, b.and_(able, b.xor(x, const(WORD))))
        search = f.append_basic_block("search")
        b.cbranch(b.icmp_unsigned("==", outside, const(0)), everything, search)
        b.position_at_end(search)
        arrivals = []
        for w, (x, y) in enumerate(zip(now, done, strict=True)):
            todo = b.and_(x, b.xor(y, const(WORD)))
            following = f.append_basic_block("word")
            arrivals.append((w, todo, b.block))
            b.cbranch(b.icmp_unsigned("!=", todo, const(0)), taking, following)
            b.position_at_end(following)
        finished = b.block
        b.position_at_end(taking)
        word, todo = b.phi(I64), b.phi(I64)
        for w, value, block in arrivals:
            word.add_incoming(const(w), block)
            todo.add_incoming(value, block)
        number = b.cttz(todo, ir.Constant(ir.IntType(1), 1))
        bit = b.shl(const(1), number)
        place = self._place(self.done, word)
        b.store(b.or_(b.load(place, typ=I64), bit), place)
        t = b.add(b.shl(word, const(6)), number)
        able = b.and_(b.load(self._place(self.able, word), typ=I64), bit)
        is_able = b.icmp_unsigned("!=", able, const(0))
        first = b.mul(t, const(self.size))
        source = b.select(is_able, rows, fixed)
        row = [
            b.load(b.gep(source, [b.add(first, const(w))], source_etype=I64), typ=I64)
            for w in range(self.size)
        ]
        self._write(self.set, self._union(self._read(self.set), row))
        waiting = f.append_basic_block("waiting")
        b.cbranch(is_able, closing, waiting)
        b.position_at_end(waiting)
        switch = b.switch(t, closing)
        for k, need in enumerate(self.s.needs):
            if not isinstance(need, Steps):
                block = f.append_basic_block("needs")
                switch.add_case(const(k), block)
                b.position_at_end(block)
                found = self._read(self.set)
                mask = self._needed(need, found, self.low.scoped(), {})
                self._write(self.set, self._union(found, mask))
                b.branch(closing)
        b.position_at_end(finished)

    # ------------------------------------------------------------ what is left

    def _compact(self, count: Any, out: Any, labels: Any) -> None:
        b = self.b
        size = self.s.layout.words
        b.store(const(0), self.kept)

        def keep(j: Any) -> None:
            label = self._label(labels, j)
            word, bit = self._bit(label)
            inside = b.and_(b.load(self._place(self.set, word), typ=I64), bit)
            stays = b.icmp_unsigned("!=", inside, const(0))
            undefined = b.icmp_unsigned(">=", label, ir.Constant(I32, UNDEFINED_STEP))
            with b.if_then(b.or_(stays, undefined)):
                n = b.load(self.kept, typ=I64)
                source, target = b.mul(j, const(size)), b.mul(n, const(size))
                for i in range(size):
                    value = b.load(self._place(out, b.add(source, const(i))), typ=I64)
                    b.store(value, self._place(out, b.add(target, const(i))))
                b.store(label, b.gep(labels, [n], source_etype=I32))
                b.store(b.add(n, const(1)), self.kept)

        self._each(count, keep)
        b.ret(b.load(self.kept, typ=I64))


def _value(word: Any) -> Any:
    return const(word) if isinstance(word, int) else word


def add_stubborn(module: ir.Module, stubborn: Stubborn) -> None:
    """Add `stubborn` (see `StubbornCode`) to a module."""
    StubbornCode(module, stubborn)
