"""Machine code that replaces a state by the least of its images: one state for each orbit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quorate.checker.explore.codegen.assembly import (
    I8,
    I32,
    I64,
    POINTER,
    Builder,
    Module,
    constant,
)
from quorate.checker.explore.codegen.check import add_check_whole
from quorate.checker.explore.codegen.labels import UNDEFINED_STEP
from quorate.checker.explore.codegen.lowering import const, load_words, new_function
from quorate.checker.ground.nodes import Bool

from .permuted_words import Sorter, compared, exchanged
from .symmetry import Reduction

MOST_UNROLLED = 24  # images in one straight line


def add_symmetry(
    module: Module, reduction: Reduction, conditions: Sequence[Bool], successors: str
) -> None:
    """Add `reduced`, `check_whole`, `canonical` and `weigh` to a module.

    `i64 reduced(state*, out*, labels*, fired*)` is the function named `successors`, with each
    successor replaced by its representative, unless that is the (canonical) state itself. A
    representative is no successor by an instance, so `check_whole` judges it. `i64
    canonical(state*)` replaces a state by its representative and returns the size of
    its orbit; `i64 weigh(state*, sum*)` adds that to a sum.
    """
    code = _SymmetryCode(module, reduction)
    add_check_whole(module, reduction.layout.graph, reduction.layout.words, conditions)
    code.add_canonical()
    code.add_reduced(successors)


@dataclass(frozen=True)
class _SymmetryCode:
    module: Module
    reduction: Reduction

    def add_canonical(self) -> None:
        f = new_function(self.module, "canonical", [POINTER])
        b = Builder(f.append_basic_block("entry"))
        words, fixing = self._least(b, self._load(b, f.args[0]))
        self._store(b, f.args[0], words)
        b.ret(b.udiv(const(self.reduction.permutations), fixing))
        g = new_function(self.module, "weigh", [POINTER] * 2)
        b = Builder(g.append_basic_block("entry"))
        total = b.add(b.load(g.args[1], I64), b.call(f, [g.args[0]]))
        b.store(total, g.args[1])
        b.ret(const(0))

    def add_reduced(self, successors: str) -> None:
        f = new_function(self.module, "reduced", [POINTER] * 4)
        state, out, labels, _ = f.args
        entry, head = f.append_basic_block("entry"), f.append_basic_block("head")
        body, keep = f.append_basic_block("body"), f.append_basic_block("keep")
        step, done = f.append_basic_block("step"), f.append_basic_block("done")
        b = Builder(entry)
        count = b.call(self.module[successors], f.args)
        before = self._load(b, state)
        kept = b.alloca(I64)
        b.store(const(0), kept)
        b.branch(head)
        b.position_at_end(head)
        j = b.phi(I64)
        j.add_incoming(const(0), entry)
        b.cbranch(b.icmp_unsigned("<", j, count), body, done)
        b.position_at_end(body)
        size = const(self.reduction.layout.words)
        at = b.gep(out, b.mul(j, size), I64)
        label = b.load(b.gep(labels, j, I32), I32)
        words, _ = self._least(b, self._load(b, at))
        changed = b.icmp_unsigned(">=", label, constant(I32, UNDEFINED_STEP))
        for old, new in zip(before, words, strict=True):
            changed = b.or_(changed, b.icmp_unsigned("!=", old, new))
        b.cbranch(changed, keep, step)
        b.position_at_end(keep)
        n = b.load(kept, I64)
        self._store(b, b.gep(out, b.mul(n, size), I64), words)
        b.store(label, b.gep(labels, n, I32))
        b.store(b.add(n, const(1)), kept)
        b.branch(step)
        b.position_at_end(step)
        j.add_incoming(b.add(j, const(1)), step)
        b.branch(head)
        b.position_at_end(done)
        b.ret(b.load(kept, I64))

    def _load(self, b: Builder, memory: Any) -> list[Any]:
        return load_words(b, memory, self.reduction.layout.words).values

    def _store(self, b: Builder, memory: Any, words: list[Any]) -> None:
        for i, word in enumerate(words):
            b.store(word, b.gep(memory, const(i), I64))

    def _least(self, b: Builder, words: list[Any]) -> tuple[list[Any], Any]:
        """The representative, and how many permutations leave it as it is."""
        if len(self.reduction.steps) <= MOST_UNROLLED:
            best, count = self._unrolled(b, words)
        else:
            best, count = self._looped(b, words)
        for owned in self.reduction.owned.values():
            count = b.mul(count, Sorter(b, owned).fixing(best))
        return best, count

    def _sorted(self, b: Builder, words: list[Any]) -> list[Any]:
        for owned in self.reduction.owned.values():
            words = Sorter(b, owned).sorted(words)
        return words

    def _unrolled(self, b: Builder, words: list[Any]) -> tuple[list[Any], Any]:
        best, count = self._sorted(b, words), const(1)
        for i in self.reduction.steps:
            words = exchanged(b, words, self.reduction.exchanges[i])
            best, count = self._better(b, self._sorted(b, words), best, count)
        return best, count

    def _better(
        self, b: Builder, image: list[Any], best: list[Any], count: Any
    ) -> tuple[list[Any], Any]:
        """The lesser of two images, and how often it was met."""
        less, same = compared(b, image, best)
        found = [b.select(less, x, y) for x, y in zip(image, best, strict=True)]
        return found, b.select(less, const(1), b.add(count, b.zext(same, I64)))

    def _looped(self, b: Builder, words: list[Any]) -> tuple[list[Any], Any]:
        """The same as a loop over the steps."""
        f, n = b.function, len(self.reduction.steps)
        steps = b.module.shared_table(I8, self.reduction.steps)
        first = self._sorted(b, words)
        entry = b.block
        loop, join = f.append_basic_block("image"), f.append_basic_block("seen")
        done, never = f.append_basic_block("least"), f.append_basic_block("never")
        b.branch(loop)
        b.position_at_end(loop)
        k, count = b.phi(I64), b.phi(I64)
        image = [b.phi(I64) for _ in words]
        best = [b.phi(I64) for _ in words]
        for phi, value in zip(
            [k, count, *image, *best], [const(0), const(1), *words, *first], strict=True
        ):
            phi.add_incoming(value, entry)
        which = b.load(b.gep(steps, k, I8), I8)
        choice = b.switch(which, never)
        after = []
        for i, moves in enumerate(self.reduction.exchanges):
            case = f.append_basic_block("exchange")
            choice.add_case(constant(I8, i), case)
            b.position_at_end(case)
            after.append((exchanged(b, image, moves), b.block))
            b.branch(join)
        b.position_at_end(never)
        b.unreachable()
        b.position_at_end(join)
        following = [b.phi(I64) for _ in words]
        for moved, block in after:
            for phi, value in zip(following, moved, strict=True):
                phi.add_incoming(value, block)
        least, times = self._better(b, self._sorted(b, following), best, count)
        longer = b.add(k, const(1))
        for phi, value in zip(
            [k, count, *image, *best], [longer, times, *following, *least], strict=True
        ):
            phi.add_incoming(value, b.block)
        b.cbranch(b.icmp_unsigned("<", longer, const(n)), loop, done)
        b.position_at_end(done)
        return least, times
