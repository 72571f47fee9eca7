"""Machine code that says of a state whether nothing can happen in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quorate.checker.ground.instances import Instance
from quorate.checker.ground.nodes import Bool, Graph

from .assembly import I64, POINTER, Builder, Module, constant
from .groups import Group, enabled, grouped
from .lowering import NodeLowering, const, load_words, new_function
from .messages import over_messages


def add_check_resting(
    module: Module,
    graph: Graph,
    words: int,
    instances: Sequence[Instance],
    final: Bool,
    check: str,
    bit: int,
) -> None:
    """`i64 check_resting(state*, label*)`: the function named `check`, and one bit more.

    That bit is set in a deadlock: no step leads to another state, and `final` does not hold. A step
    that is undefined counts as one that does.
    """
    pointer = POINTER
    rests = _add_rests(module, graph, words, instances, final)
    f = new_function(module, "check_resting", [pointer, pointer])
    b = Builder(f.append_basic_block("entry"))
    found = b.call(module[check], f.args)
    b.ret(b.or_(found, b.shl(b.call(rests, [f.args[0]]), const(bit))))


def _add_rests(
    module: Module, graph: Graph, words: int, instances: Sequence[Instance], final: Bool
) -> Any:
    """`i64 rests(state*)`: 1 in a deadlock. It returns at the first step that it finds."""
    f = new_function(module, "rests", [POINTER])
    b = Builder(f.append_basic_block("entry"))
    before = NodeLowering(b, load_words(b, f.args[0], words), graph)
    with b.if_then(before.condition(final)):
        b.ret(const(0))

    def step(group: Group, low: NodeLowering) -> None:
        able = graph.or_(enabled(graph, i) for i in group.instances)
        undefined = graph.or_(u.when for i in group.instances for u in i.undefined)
        if undefined is not False:
            with b.if_then(low.condition(undefined)):
                b.ret(const(0))
        with b.if_then(low.condition(able)):
            after = low.scoped().stored(group.instances[0].stores)
            pairs = zip(before.words.values, after, strict=True)
            changed = [b.icmp_unsigned("!=", old, new) for old, new in pairs if old is not new]
            for word in changed:
                with b.if_then(word):
                    b.ret(const(0))

    for group in grouped(instances):
        loops = list(group.instances[0].loops)
        over_messages(b, f, loops, before.scoped(), lambda low, group=group: step(group, low))  # type: ignore[misc]
    b.ret(constant(I64, 1))
    return f
