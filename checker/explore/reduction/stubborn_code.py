"""Machine code for the successors whose steps are in a stubborn set of the state.

A set of steps is an array of 64-bit words, one bit for each step. The set starts with the steps
that the violation needs, and grows by the rows of its members until nothing is added, or until it
has all enabled steps. The rows of enabled members come first: they have no choice.
"""

from __future__ import annotations

from typing import Any

from quorate.checker.explore.codegen.assembly import (
    I16,
    I32,
    I64,
    POINTER,
    Builder,
    Module,
    constant,
)
from quorate.checker.explore.codegen.labels import INSTANCE, UNDEFINED_STEP
from quorate.checker.explore.codegen.lowering import (
    WORD,
    NodeLowering,
    const,
    load_words,
    new_function,
)

from .needs_code import NeedsCode, each, mask_table
from .stubborn import Stubborn


class StubbornCode:
    """Adds `i64 stubborn(state*, out*, labels*, fired*)` to a module that has `successors`.

    It is `successors` without the changed states that only steps outside the stubborn set lead to.
    `fired` counts all enabled steps.
    """

    def __init__(self, module: Module, stubborn: Stubborn) -> None:
        self.s, self.module = stubborn, module
        self.size = stubborn.words
        self.needs = NeedsCode(module, self.size, [*stubborn.cases, *stubborn.needs])
        self.f = new_function(module, "stubborn", [POINTER] * 4)
        self.b = Builder(self.f.append_basic_block("entry"))
        self._add()

    def _add(self) -> None:
        b, needs, size = self.b, self.needs, self.size
        state, out, labels, _ = self.f.args
        before = load_words(b, state, self.s.layout.words)
        self.low = NodeLowering(b, before, self.s.layout.graph)
        self.memory = b.alloca(I64, size=needs.memory_words)
        self.set, self.able = self.memory, self._place(self.memory, const(needs.able))
        self.done, self.kept = b.alloca(I64, size=size), b.alloca(I64)
        count = b.call(self.module["successors"], self.f.args)
        everything = self.f.append_basic_block("everything")
        some, closing = self.f.append_basic_block("some"), self.f.append_basic_block("closing")
        b.cbranch(b.icmp_unsigned("<=", count, const(1)), everything, some)
        b.position_at_end(everything)
        b.ret(count)
        b.position_at_end(some)
        for w in range(size):
            b.store(const(0), self._place(self.done, const(w)))
            b.store(const(0), self._place(self.able, const(w)))
        self._number_labels()
        each(b, const(0), count, lambda j: self._note_enabled(labels, j))
        self.enabled = self._read(self.able)
        self._begin()
        b.branch(closing)
        self._close(closing, everything)
        self._compact(count, out, labels)

    # ------------------------------------------------------------ sets in memory

    def _place(self, memory: Any, word: Any) -> Any:
        return self.b.gep(memory, word, I64)

    def _read(self, memory: Any) -> list[Any]:
        return [self.b.load(self._place(memory, const(w)), I64) for w in range(self.size)]

    def _join(self, place: Any, words: Any) -> None:
        """Add the bits of words in memory to those at a place."""
        for w, word in enumerate(self._read(words)):
            at = self._place(place, const(w))
            self.b.store(self.b.or_(self.b.load(at, I64), word), at)

    # ------------------------------------------------------------ which steps are enabled

    def _number_labels(self) -> None:
        step = {label: t for t, group in enumerate(self.s.groups) for label in group.labels}
        numbers = [step[i] for i in range(len(step))]
        self.step_of = self.module.table(I16, numbers)

    def _note_enabled(self, labels: Any, j: Any) -> None:
        b = self.b
        word, bit = self._bit(self._label(labels, j))
        place = self._place(self.able, word)
        b.store(b.or_(b.load(place, I64), bit), place)

    def _label(self, labels: Any, j: Any) -> Any:
        return self.b.load(self.b.gep(labels, j, I32), I32)

    def _bit(self, label: Any) -> tuple[Any, Any]:
        """Word and bit of the step that a label is of."""
        b = self.b
        number = b.zext(b.and_(label, constant(I32, INSTANCE)), I64)
        place = b.gep(self.step_of, number, I16)
        t = b.zext(b.load(place, I16), I64)
        return b.lshr(t, const(6)), b.shl(const(1), b.and_(t, const(63)))

    # ------------------------------------------------------------ what is needed

    def _begin(self) -> None:
        """Look at the conditions; begin with what the violation needs."""
        b, needs = self.b, self.needs
        for w in range(needs.known_words):
            b.store(const(0), self._place(self.memory, const(needs.known + w)))
        for condition, k in needs.conditions.items():
            is_false = b.zext(b.not_(self.low.condition(condition)), I64)
            b.store(is_false, self._place(self.memory, const(needs.false + k)))
        always = mask_table(self.module, [self.s.always], self.size)
        for w, word in enumerate(self._read(always)):
            b.store(word, self._place(self.set, const(w)))
        numbers = [needs.number(n) for n in self.s.cases]
        cases = self.module.table(I32, numbers)
        each(b, const(0), const(len(numbers)), lambda j: self._need(cases, j))

    def _need(self, numbers: Any, k: Any) -> None:
        """Add what the need with a number in a table needs."""
        b = self.b
        number = b.zext(b.load(b.gep(numbers, k, I32), I32), I64)
        self._join(self.set, self.needs.steps(b, number, self.memory))

    # ------------------------------------------------------------ closing the set

    def _close(self, closing: Any, everything: Any) -> None:
        """Add the rows of members until there are none left; leaves the builder where that is."""
        b, f = self.b, self.f
        rows = mask_table(self.module, self.s.rows, self.size)
        needs = self.module.table(I32, [self.needs.number(n) for n in self.s.needs])
        search, enabled, others = (f.append_basic_block(n) for n in ("search", "enabled", "others"))
        b.position_at_end(closing)
        now, done = self._read(self.set), self._read(self.done)
        outside: Any = const(0)
        todo = [b.and_(x, b.xor(y, const(WORD))) for x, y in zip(now, done, strict=True)]
        for x, able in zip(now, self.enabled, strict=True):
            outside = b.or_(outside, b.and_(able, b.xor(x, const(WORD))))
        b.cbranch(b.icmp_unsigned("==", outside, const(0)), everything, search)
        b.position_at_end(search)
        first = [b.and_(x, able) for x, able in zip(todo, self.enabled, strict=True)]
        t = self._taken(first, enabled)
        self._join(self.set, b.gep(rows, b.mul(t, const(self.size)), I64))
        b.branch(closing)
        b.position_at_end(enabled)
        t = self._taken(todo, others)
        self._need(needs, t)
        b.branch(closing)
        b.position_at_end(others)

    def _taken(self, todo: list[Any], otherwise: Any) -> Any:
        """The number of a step of the set, which is done then; branches if it is empty."""
        b, f = self.b, self.f
        taking = f.append_basic_block("taking")
        arrivals = []
        for w, word in enumerate(todo):
            following = otherwise if w == self.size - 1 else f.append_basic_block("word")
            arrivals.append((w, word, b.block))
            b.cbranch(b.icmp_unsigned("!=", word, const(0)), taking, following)
            b.position_at_end(following)
        b.position_at_end(taking)
        at, word = b.phi(I64), b.phi(I64)
        for w, value, block in arrivals:
            at.add_incoming(const(w), block)
            word.add_incoming(value, block)
        number = b.cttz(word)
        place = self._place(self.done, at)
        b.store(b.or_(b.load(place, I64), b.shl(const(1), number)), place)
        return b.add(b.shl(at, const(6)), number)

    # ------------------------------------------------------------ what is left

    def _compact(self, count: Any, out: Any, labels: Any) -> None:
        b = self.b
        size = self.s.layout.words
        b.store(const(0), self.kept)

        def keep(j: Any) -> None:
            label = self._label(labels, j)
            word, bit = self._bit(label)
            inside = b.and_(b.load(self._place(self.set, word), I64), bit)
            stays = b.icmp_unsigned("!=", inside, const(0))
            undefined = b.icmp_unsigned(">=", label, constant(I32, UNDEFINED_STEP))
            with b.if_then(b.or_(stays, undefined)):
                n = b.load(self.kept, I64)
                source, target = b.mul(j, const(size)), b.mul(n, const(size))
                for i in range(size):
                    value = b.load(self._place(out, b.add(source, const(i))), I64)
                    b.store(value, self._place(out, b.add(target, const(i))))
                b.store(label, b.gep(labels, n, I32))
                b.store(b.add(n, const(1)), self.kept)

        each(b, const(0), count, keep)
        b.ret(b.load(self.kept, I64))


def add_stubborn(module: Module, stubborn: Stubborn) -> None:
    """Add `stubborn` (see `StubbornCode`) to a module."""
    StubbornCode(module, stubborn)
