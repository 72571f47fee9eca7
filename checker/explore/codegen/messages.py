"""Loops over the messages that were sent.

A loop takes the cells that are not 0 from a set of bits, so it costs what there is, not what there
could be. Tests are made as soon as the messages that they read are chosen: outside the loops over
the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from quorate.checker.ground.columns import Column
from quorate.checker.ground.instances import Loop
from quorate.checker.ground.nodes import Bool, Node, nodes_in

from .assembly import I64, Builder
from .lowering import WORD, NodeLowering, const


def over_messages(
    b: Builder,
    f: Any,
    loops: Sequence[Loop],
    low: NodeLowering,
    body: Callable[[NodeLowering], None],
    tests: Sequence[Bool] = (),
) -> None:
    """Run `body` with the symbols of the loops bound to each choice of messages sent.

    It may be left out where one of the tests does not hold.
    """
    later = {s.id for loop in loops for s in (loop.index, loop.payload) if isinstance(s, Node)}
    ready = [p for p in tests if not any(n.id in later for n in nodes_in([p]))]
    if ready:
        rest = [p for p in tests if p not in ready]
        with b.if_then(low.condition(low.g.and_(ready))):
            over_messages(b, f, loops, low.scoped(), body, rest)
        return
    if not loops:
        body(low)
        return
    loop, *others = loops
    column = loop.messages.column
    for index, close in _cells_in_use(b, f, low, loop.messages.kept):
        inner = low.scoped()
        if isinstance(loop.index, Node):
            inner.known[loop.index.id] = index
        cell = inner.scalar(low.g.load(column, loop.index))
        if isinstance(loop.payload, Node):
            inner.known[loop.payload.id] = b.sub(cell, const(1))
        over_messages(b, f, others, inner, body, tests)
        close()


def _cells_in_use(
    b: Builder, f: Any, low: NodeLowering, column: Column
) -> Iterator[tuple[Any, Callable[[], None]]]:
    """Loop over the cells of a column that are not 0: yields the index, then closes the loop."""
    last, end = column.place(column.count - 1)
    words, first = last - column.first_word + 1, column.place(0)[1]
    head, cells, done = (f.append_basic_block(name) for name in ("words", "cells", "done"))
    step = f.append_basic_block("next")
    entry = b.block
    b.branch(head)
    b.position_at_end(head)  # for each word
    word = b.phi(I64)
    word.add_incoming(const(0), entry)
    at = b.add(word, const(column.first_word))
    value = b.load(b.gep(low.words.memory, at, I64), I64)
    used: Any = const(0)
    for k in range(column.bits):
        used = b.or_(used, b.lshr(value, const(k)))
    in_last = _starts(column.bits, first if words == 1 else 0, end)
    full = _starts(column.bits, first, first + (column.per_word - 1) * column.bits)
    is_last = b.icmp_unsigned("==", word, const(words - 1))
    used = b.and_(used, b.select(is_last, const(in_last), const(full)))
    b.cbranch(b.icmp_unsigned("!=", used, const(0)), cells, step)
    b.position_at_end(cells)  # for each of its cells that is not 0
    left = b.phi(I64)
    left.add_incoming(used, head)
    bit = b.sub(b.cttz(left), const(first))
    within = b.udiv(bit, const(column.bits)) if column.bits > 1 else bit
    index = b.add(b.mul(word, const(column.per_word)), within)

    def close() -> None:
        rest = b.and_(left, b.sub(left, const(1)))
        left.add_incoming(rest, b.block)
        b.cbranch(b.icmp_unsigned("!=", rest, const(0)), cells, step)
        b.position_at_end(step)
        following = b.add(word, const(1))
        word.add_incoming(following, step)
        b.cbranch(b.icmp_unsigned("<", following, const(words)), head, done)
        b.position_at_end(done)

    yield index, close


def _starts(bits: int, first: int, last: int) -> int:
    """The lowest bits of the cells of so many bits, from the first of them to the last."""
    return sum(1 << at for at in range(first, last + 1, bits)) & WORD
