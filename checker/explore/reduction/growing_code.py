"""Machine code for the successors, or for one of them alone that only grows growing cells."""

from __future__ import annotations

from typing import Any

from quorate.checker.explore.codegen.assembly import (
    I1,
    I32,
    I64,
    POINTER,
    Builder,
    Module,
    constant,
)
from quorate.checker.explore.codegen.labels import UNDEFINED_STEP
from quorate.checker.explore.codegen.lowering import WORD, const, load_words, new_function

from .growing import GrowingColumns
from .needs_code import each


def add_eager(module: Module, growing: GrowingColumns) -> None:
    """Add `i64 eager(state*, out*, labels*, fired*)` to a module that has `successors`.

    It is `successors`, with the first successor alone that covers the state (see growing.py), if
    there is one and no step is undefined. `fired` counts all enabled steps.
    """
    f = new_function(module, "eager", [POINTER] * 4)
    state, out, labels, _ = f.args
    b = Builder(f.append_basic_block("entry"))
    words = growing.layout.words
    before = load_words(b, state, words).values
    count = b.call(module["successors"], f.args)
    found = b.alloca(I64)  # one more than the number of that successor; 0 if there is none
    whole = b.alloca(I64)  # 1 if all must be taken
    b.store(const(0), found)
    b.store(const(0), whole)

    def look(j: Any) -> None:
        label = b.load(b.gep(labels, j, I32), I32)
        undefined = b.icmp_unsigned(">=", label, constant(I32, UNDEFINED_STEP))
        b.store(b.or_(b.load(whole, I64), b.zext(undefined, I64)), whole)
        at = b.gep(out, b.mul(j, const(words)), I64)
        covers = _covers(b, growing, before, load_words(b, at, words).values)
        first = b.icmp_unsigned("==", b.load(found, I64), const(0))
        with b.if_then(b.and_(first, covers)):
            b.store(b.add(j, const(1)), found)

    each(b, const(0), count, look)
    chosen = b.load(found, I64)
    none = b.icmp_unsigned("==", chosen, const(0))
    every = b.or_(none, b.icmp_unsigned("!=", b.load(whole, I64), const(0)))
    with b.if_then(every):
        b.ret(count)
    j = b.sub(chosen, const(1))
    for i in range(words):
        source = b.gep(out, b.add(b.mul(j, const(words)), const(i)), I64)
        b.store(b.load(source, I64), b.gep(out, const(i), I64))
    b.store(b.load(b.gep(labels, j, I32), I32), labels)
    b.ret(const(1))


def _covers(b: Builder, growing: GrowingColumns, old: list[Any], new: list[Any]) -> Any:
    """Whether no growing cell holds less, and all others are the same."""
    bits, cells = [0] * len(old), [0] * len(old)
    covers: Any = constant(I1, 1)
    for column in growing.columns:
        full = (1 << column.bits) - 1
        for index in range(column.count):
            word, bit = column.place(index)
            cells[word] |= full << bit
            if column.bits == 1:
                bits[word] |= 1 << bit
                continue
            x, y = (b.and_(b.lshr(w[word], const(bit)), const(full)) for w in (old, new))
            covers = b.and_(covers, b.icmp_unsigned("<=", x, y))
    for x, y, grow, all_of_them in zip(old, new, bits, cells, strict=True):
        fixed, lost = const(WORD & ~all_of_them), b.xor(y, const(WORD))
        same = b.icmp_unsigned("==", b.and_(b.xor(x, y), fixed), const(0))
        kept = b.icmp_unsigned("==", b.and_(b.and_(x, lost), const(grow)), const(0))
        covers = b.and_(covers, b.and_(same, kept))
    return covers
