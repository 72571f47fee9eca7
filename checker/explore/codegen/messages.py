"""Loops over the messages that were sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from llvmlite import ir

from quorate.checker.ground.columns import Column
from quorate.checker.ground.instances import Loop
from quorate.checker.ground.nodes import Node

from .lowering import I64, NodeLowering, const


def over_messages(
    b: ir.IRBuilder,
    f: Any,
    loops: list[Loop],
    low: NodeLowering,
    body: Callable[[NodeLowering], None],
) -> None:
    """Run `body` with the symbols of the loops bound to each choice of messages sent."""
    if not loops:
        body(low)
        return
    loop, *rest = loops
    column = loop.messages.column
    for index, close in _cells_in_use(b, f, low, loop.messages.kept):
        inner = low.scoped()
        if isinstance(loop.index, Node):
            inner.known[loop.index.id] = index
        cell = inner.scalar(low.g.load(column, loop.index))
        if isinstance(loop.payload, Node):
            inner.known[loop.payload.id] = b.sub(cell, const(1))
        over_messages(b, f, rest, inner, body)
        close()


def _cells_in_use(
    b: ir.IRBuilder, f: Any, low: NodeLowering, column: Column
) -> Iterator[tuple[Any, Callable[[], None]]]:
    """Loop over the cells of a column that are not 0: yields the index, then closes the loop."""
    head, body = f.append_basic_block("cells"), f.append_basic_block("cell")
    step, done = f.append_basic_block("next"), f.append_basic_block("done")
    entry = b.block
    b.branch(head)
    b.position_at_end(head)
    index = b.phi(I64)
    index.add_incoming(const(0), entry)
    b.cbranch(b.icmp_unsigned("<", index, const(column.count)), body, done)
    b.position_at_end(body)
    word, bit = low.place(column, index)
    value = b.load(b.gep(low.words.memory, [word], source_etype=I64), typ=I64)
    cell = b.and_(b.lshr(value, bit), const((1 << column.bits) - 1))
    inside = f.append_basic_block("sent")
    b.cbranch(b.icmp_unsigned("!=", cell, const(0)), inside, step)
    b.position_at_end(inside)

    def close() -> None:
        b.branch(step)
        b.position_at_end(step)
        index.add_incoming(b.add(index, const(1)), step)
        b.branch(head)
        b.position_at_end(done)

    yield index, close
