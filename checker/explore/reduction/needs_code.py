"""Machine code that finds what is needed in a state: one function that walks through tables.

What is needed is a graph of few different choices that are met on very many ways. Code for each way
would have millions of instructions; tables have a row for each choice, and in a state each of them
is made once at most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from quorate.checker.explore.codegen.assembly import (
    I32,
    I64,
    POINTER,
    Builder,
    ConstantTable,
    Function,
    Module,
)
from quorate.checker.explore.codegen.lowering import WORD, const

from .needs import All, Need, One, Steps, choices_in

ALWAYS = 0  # number of a condition that is never true: such an option is always there
NEVER = 1 << 62  # more than any set of steps costs


class NeedsCode:
    """Adds `ptr needed(i64 choice, ptr memory)` to a module: the set of steps for a choice.

    A set of steps is `size` words. The memory begins with the set found so far, the enabled steps,
    and one word for each condition, which is 1 where it is false; then comes what the function
    itself knows. Of the options that there are, it takes the one whose steps add the fewest enabled
    ones to the set found so far. Where there is none, the condition holds, and needs nothing.
    """

    def __init__(self, module: Module, size: int, needs: Sequence[Need]) -> None:
        self.module, self.size = module, size
        found: dict[Need, None] = {}
        for need in needs:
            choices_in(need, found)
        self.choices = {need: k for k, need in enumerate(found)}
        self.masks: dict[int, int] = {}
        self.conditions: dict[Any, int] = {False: ALWAYS}
        for need in [*needs, *found]:
            self._add(need)
        self.able = size
        self.false = 2 * size
        self.known = self.false + len(self.conditions)
        self.known_words = -(-len(self.choices) // 64)
        self.memo = self.known + self.known_words
        self.memory_words = self.memo + len(self.choices) * size
        self._write_tables()
        self.f = Function(module, "needed", POINTER, [I64, POINTER], internal=True)
        self._write_function()

    def number(self, need: Need) -> int:
        """The number of a need: of a choice, behind those of the fixed sets of steps."""
        if isinstance(need, Steps):
            return self.masks[need.mask]
        return len(self.masks) + self.choices[need]

    def steps(self, b: Builder, number: Any, memory: Any, use: Any = None) -> Any:
        """The place of the set of steps for the need with a number; of any set if not in `use`."""
        chosen = b.icmp_unsigned(">=", number, const(len(self.masks)))
        fixed = b.mul(b.select(chosen, const(0), number), const(self.size))
        place, before = b.gep(self._masks, fixed, I64), b.block
        with b.if_then(chosen if use is None else b.and_(chosen, use)):
            choice = b.call(self.f, [b.sub(number, const(len(self.masks))), memory])
            inside = b.block
        found = b.phi(POINTER)
        found.add_incoming(place, before)
        found.add_incoming(choice, inside)
        return found

    # ------------------------------------------------------------ tables

    def _add(self, need: Need) -> None:
        if isinstance(need, Steps):
            self.masks.setdefault(need.mask, len(self.masks))
        for condition, part in _parts(need):
            self.conditions.setdefault(condition, len(self.conditions))
            if isinstance(part, Steps):
                self.masks.setdefault(part.mask, len(self.masks))

    def _write_tables(self) -> None:
        rows = [_parts(need) for need in self.choices]
        flat = [part for row in rows for part in row]
        ends = [0]
        for row in rows:
            ends.append(ends[-1] + len(row))
        self._masks = mask_table(self.module, list(self.masks), self.size)
        self._ends = self.module.table(I32, ends)
        self._tests = self.module.table(I32, [self.conditions[p] for p, _ in flat])
        self._targets = self.module.table(I32, [self.number(n) for _, n in flat])
        one = [int(isinstance(need, One)) for need in self.choices]
        self._is_one = self.module.table(I32, one)

    # ------------------------------------------------------------ the function

    def _write_function(self) -> None:
        f = self.f
        names = ("entry", "new", "one", "all", "kept")
        entry, new, one, every, kept = map(f.append_basic_block, names)
        b = self.b = Builder(entry)
        k, memory = f.args
        least = b.alloca(I64)
        row = b.add(b.mul(k, const(self.size)), const(self.memo))
        found = b.gep(memory, row, I64)
        flags = self._place(memory, b.add(b.lshr(k, const(6)), const(self.known)))
        flag = b.shl(const(1), b.and_(k, const(63)))
        before = b.load(flags, I64)
        is_known = b.icmp_unsigned("!=", b.and_(before, flag), const(0))
        b.cbranch(is_known, kept, new)
        b.position_at_end(kept)
        b.ret(found)
        b.position_at_end(new)
        b.store(b.or_(before, flag), flags)
        for w in range(self.size):
            b.store(const(0), self._place(found, const(w)))
        first, end = (self._entry(self._ends, b.add(k, const(i))) for i in (0, 1))
        is_one = b.icmp_unsigned("!=", self._entry(self._is_one, k), const(0))
        b.cbranch(is_one, one, every)
        b.position_at_end(every)
        each(b, first, end, lambda edge: self._join(found, edge))
        b.ret(found)
        b.position_at_end(one)
        b.store(const(NEVER), least)
        each(b, first, end, lambda edge: self._weigh(found, edge, least))
        b.ret(found)

    def _place(self, memory: Any, word: Any) -> Any:
        return self.b.gep(memory, word, I64)

    def _entry(self, numbers: Any, k: Any) -> Any:
        b = self.b
        return b.zext(b.load(b.gep(numbers, k, I32), I32), I64)

    def _words(self, place: Any) -> list[Any]:
        return [self.b.load(self._place(place, const(w)), I64) for w in range(self.size)]

    def _join(self, found: Any, edge: Any) -> None:
        number = self._entry(self._targets, edge)
        for w, word in enumerate(self._words(self.steps(self.b, number, self.f.args[1]))):
            place = self._place(found, const(w))
            self.b.store(self.b.or_(self.b.load(place, I64), word), place)

    def _weigh(self, found: Any, edge: Any, least: Any) -> None:
        """Take an option if it is there, and the cheapest so far; look at none after a free one.

        There is no branch on what a condition is: half of them would be mispredicted.
        """
        b, memory = self.b, self.f.args[1]
        condition = b.add(self._entry(self._tests, edge), const(self.false))
        is_false = b.icmp_unsigned("!=", b.load(self._place(memory, condition), I64), const(0))
        before = b.load(least, I64)
        use = b.and_(is_false, b.icmp_unsigned("!=", before, const(0)))
        words = self._words(self.steps(b, self._entry(self._targets, edge), memory, use))
        cost = b.select(use, self._cost(words), const(NEVER))
        less = b.icmp_unsigned("<", cost, before)
        b.store(b.select(less, cost, before), least)
        for w, word in enumerate(words):
            place = self._place(found, const(w))
            b.store(b.select(less, word, b.load(place, I64)), place)

    def _cost(self, words: Sequence[Any]) -> Any:
        """How many steps a set adds, the enabled ones first of all."""
        b, memory = self.b, self.f.args[1]
        total: Any = const(0)
        for w, word in enumerate(words):
            have = b.load(self._place(memory, const(w)), I64)
            able = b.load(self._place(memory, const(self.able + w)), I64)
            new = b.and_(word, b.xor(have, const(WORD)))
            total = b.add(total, b.shl(b.ctpop(b.and_(new, able)), const(32)))
            total = b.add(total, b.ctpop(new))
        return total


def _parts(need: Need) -> Sequence[tuple[Any, Need]]:
    """The parts of a choice, each with the condition under which it is none; all of `All` count."""
    match need:
        case All(parts):
            return [(False, part) for part in parts]
        case One(options):
            return options
        case _:
            return ()


def each(b: Builder, first: Any, end: Any, body: Callable[[Any], None]) -> None:
    """Run `body` with each number from the first up to the end."""
    f, entry = b.function, b.block
    head, inside, done = (f.append_basic_block(n) for n in ("each", "one", "done"))
    b.branch(head)
    b.position_at_end(head)
    j = b.phi(I64)
    j.add_incoming(first, entry)
    b.cbranch(b.icmp_unsigned("<", j, end), inside, done)
    b.position_at_end(inside)
    body(j)
    j.add_incoming(b.add(j, const(1)), b.block)
    b.branch(head)
    b.position_at_end(done)


def words_of(mask: int, size: int) -> list[int]:
    return [mask >> 64 * w & WORD for w in range(size)]


def mask_table(module: Module, masks: Sequence[int], size: int) -> ConstantTable:
    """Sets of steps in a row."""
    return module.table(I64, [w for mask in masks for w in words_of(mask, size)])
